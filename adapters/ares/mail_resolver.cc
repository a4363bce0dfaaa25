#include "adapters/ares/mail_resolver.h"

#include <cstdint>
#include <span>

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <sys/random.h>

#include "adapters/ares/channel.h"
#include "core/base/text.h"
#include "core/dns/wire.h"
#include "core/dns/zone.h"
#include "core/net/connect_rule.h"

namespace portavoz {
namespace {

void free_servers(ares_addr_port_node* servers) { ares_free_data(servers); }

using QueryText = Owned<unsigned char, ares_free_string>;
using ServerList = Owned<ares_addr_port_node, free_servers>;

bool on_this_machine(const IpAddress& address) {
  const std::string text = address.text();
  return address.is_v6() ? text == "::1" : text.starts_with("127.");
}

Result<std::string> judged(const std::vector<std::string>& servers, bool trust_network,
                           const std::string& where) {
  for (const std::string& server : servers) {
    const auto endpoint = parse_endpoint(server);
    if (!endpoint) return Error{ErrorKind::bad_input, where + ": " + endpoint.error().what};
    if (!trust_network && !on_this_machine(endpoint->address))
      return Error{
          ErrorKind::bad_input,
          where + ": the resolver " + server +
              " is not on this machine, and whoever stands between could forge what proves a post. Run a "
              "resolver here (unbound, for instance) and name it in dns.resolvers, as 127.0.0.1:53; or, "
              "where nobody else is on that network, set dns.trust_network: true"};
  }
  return join(servers, ",");
}

// What resolv.conf(5) says, each as IP:port; without any it is 127.0.0.1.
Result<std::vector<std::string>> servers_in(const std::string& resolv_conf) {
  std::string path = resolv_conf;
  ares_options options{};
  options.resolvconf_path = path.data();
  ares_channel opened = nullptr;
  ares_addr_port_node* first = nullptr;
  if (ares_init_options(&opened, &options, ARES_OPT_RESOLVCONF) != ARES_SUCCESS)
    return Error{ErrorKind::unavailable, "c-ares does not start with " + resolv_conf};
  const Channel channel(opened);
  if (ares_get_servers_ports(channel.get(), &first) != ARES_SUCCESS)
    return Error{ErrorKind::unavailable, "c-ares does not say which resolvers " + resolv_conf + " names"};
  const ServerList list(first);
  std::vector<std::string> servers;
  for (const ares_addr_port_node* each = first; each; each = each->next) {
    const std::string port = ":" + std::to_string(each->udp_port == 0 ? 53 : each->udp_port);
    if (each->family == AF_INET6) {
      const std::span<const std::uint8_t, 16> octets(each->addr.addr6._S6_un._S6_u8);
      servers.push_back("[" + IpAddress::v6(octets).text() + "]" + port);
    } else {
      servers.push_back(IpAddress::v4(ntohl(each->addr.addr4.s_addr)).text() + port);
    }
  }
  return servers;
}

// c-ares reads a backslash as an escape; ours is an octet like any other.
std::string without_escapes(const std::string& name) {
  std::string out;
  for (const char c : name) out += c == '\\' ? std::string("\\\\") : std::string(1, c);
  return out;
}

// A query with an id that nobody can guess, and with AD set: we understand that bit in the answer (RFC 6840
// §5.7).
struct Query {
  int status = ARES_SUCCESS;
  std::string octets;
};

Query query_for(const std::string& name, DnsType type) {
  unsigned short id = 0;
  if (getrandom(&id, sizeof id, 0) != sizeof id) return {ARES_ENOMEM, {}};
  unsigned char* buffer = nullptr;
  int length = 0;
  const int status = ares_create_query(without_escapes(name).c_str(), ns_c_in, static_cast<int>(type), id, 1,
                                       &buffer, &length, largest_udp_answer);
  const QueryText owned(buffer);
  if (status != ARES_SUCCESS) return {status, {}};
  Query query{status, std::string(buffer, buffer + length)};
  query.octets.at(3) |= 0x20;
  return query;
}

struct Asked {
  bool done = false;
  int status = ARES_SUCCESS;
  std::string packet;
};

void on_packet(void* arg, int status, int /*timeouts*/, unsigned char* packet, int length) noexcept {
  auto* asked = static_cast<Asked*>(arg);
  asked->done = true;
  asked->status = status;
  if (status == ARES_SUCCESS && packet && length > 0) asked->packet.assign(packet, packet + length);
}

}  // namespace

Result<NameServers> NameServers::choose(const std::vector<std::string>& servers, bool trust_network,
                                        const std::string& resolv_conf) {
  if (!servers.empty()) {
    auto text = judged(servers, trust_network, "dns.resolvers");
    return text ? Result<NameServers>(NameServers(std::move(*text))) : text.error();
  }
  const auto found = servers_in(resolv_conf);
  if (!found) return found.error();
  auto text = judged(*found, trust_network, resolv_conf);
  return text ? Result<NameServers>(NameServers(std::move(*text))) : text.error();
}

struct MailResolver::Connection {
  Channel channel;
  Millis end;
};

MailResolver::MailResolver(NameServers servers, MonotonicClock clock, Millis budget)
    : servers_(std::move(servers)), clock_(clock), budget_(budget) {}
MailResolver::~MailResolver() = default;

DnsAnswer MailResolver::ask(const std::string& name, DnsType type) {
  const std::pair key(dns_key(name), type);
  if (const auto known = answers_.find(key); known != answers_.end()) return known->second;
  if (answers_.size() == max_questions)
    return Unavailable{"more than " + std::to_string(max_questions) + " DNS questions about one post"};
  return answers_.emplace(key, ask_servers(key.first, type)).first->second;
}

DnsAnswer MailResolver::ask_servers(const std::string& name, DnsType type) {
  const std::string of = std::string(word(type)) + " of " + printable_ascii(name);
  if (name.empty() || name.find('\0') != std::string::npos) return Absent{};
  if (!connection_)
    connection_ = std::make_unique<Connection>(
        Connection{open_channel(servers_.text(), ARES_FLAG_EDNS), clock_() + budget_});
  ares_channel channel = connection_->channel.get();
  if (!channel) return Unavailable{"c-ares does not start with the servers " + servers_.text()};

  const Query query = query_for(name, type);
  // What has an empty label, or one of more than 63 octets, is no name (RFC 1035 §2.3.4); .onion is none of
  // the DNS (RFC 7686 §2). Neither can exist.
  if (query.status == ARES_EBADNAME || query.status == ARES_ENOTFOUND) return Absent{};
  if (query.status != ARES_SUCCESS) return Unavailable{of + ": " + ares_strerror(query.status)};
  Asked asked;
  ares_send(channel, reinterpret_cast<const unsigned char*>(query.octets.data()),
            static_cast<int>(query.octets.size()), on_packet, &asked);
  while (!asked.done) {
    const Millis left = connection_->end - clock_();
    if (left <= Millis::zero()) {
      ares_cancel(channel);  // calls on_packet, which sets done
      return Unavailable{of + ": no answer within the time for one post"};
    }
    wait_once(channel, left);
  }
  if (asked.status != ARES_SUCCESS) return Unavailable{of + ": " + ares_strerror(asked.status)};
  return read_dns_answer(asked.packet, name, type);
}

}  // namespace portavoz
