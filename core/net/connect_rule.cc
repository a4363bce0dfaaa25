#include "core/net/connect_rule.h"

#include <algorithm>

#include "core/base/text.h"

namespace portavoz {

Result<Endpoint> parse_endpoint(std::string_view text) {
  const Error bad{
      ErrorKind::bad_input,
      "'" + printable_ascii(text) + "' is no IP:port; write it like 192.0.2.1:80 or [2001:db8::1]:80"};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_decimal(text.substr(colon + 1));
  if (!address || address->is_v6() != brackets || !port || *port == 0 || *port > 65535) return bad;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

Result<ConnectRule> ConnectRule::read(const std::vector<std::string>& exceptions) {
  std::vector<Endpoint> endpoints;
  for (const std::string& each : exceptions) {
    const auto endpoint = parse_endpoint(each);
    if (!endpoint) return endpoint.error();
    endpoints.push_back(*endpoint);
  }
  return ConnectRule(std::move(endpoints));
}

bool ConnectRule::port_open_to_all(std::uint16_t port) const {
  return port == 80 || port == 443 || (ports_ == Ports::any && port != 0);
}

bool ConnectRule::port_possible(std::uint16_t port) const {
  return port_open_to_all(port) || std::any_of(exceptions_.begin(), exceptions_.end(),
                                               [port](const Endpoint& e) { return e.port == port; });
}

FetchOutcome ConnectRule::judge(const Endpoint& endpoint) const {
  if (std::find(exceptions_.begin(), exceptions_.end(), endpoint) != exceptions_.end())
    return FetchOutcome::ok;
  if (!port_possible(endpoint.port)) return FetchOutcome::blocked_port;
  if (!endpoint.address.is_public()) return FetchOutcome::blocked_address;
  return port_open_to_all(endpoint.port) ? FetchOutcome::ok : FetchOutcome::blocked_port;
}

}  // namespace portavoz
