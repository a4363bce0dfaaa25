// Url: an http or https URL, taken apart once and put together again by us, so that what was judged is what
// is connected to. RFC 3986, stricter: no credentials, no control characters or blanks, no backslash, no %00,
// at most 8192 octets. The host is an A-label name in lower case without a trailing dot, or an IP address:
// the short, octal, hexadecimal and whole-number spellings of IPv4 that browsers accept become that address,
// so that the address rule sees it. The fragment is dropped. Errors: bad_input (no such URL), forbidden (a
// scheme other than http and https). Threads: an immutable value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/net/ip.h"

namespace portavoz {

class Url {
 public:
  [[nodiscard]] static Result<Url> parse(std::string_view text);

  // RFC 3986 §5.2: the URL that a Location field or a link on this page means.
  [[nodiscard]] Result<Url> join(std::string_view reference) const;

  [[nodiscard]] bool is_https() const { return https_; }
  [[nodiscard]] const std::string& host() const { return host_; }  // an IPv6 address stands without brackets
  [[nodiscard]] const std::optional<IpAddress>& literal() const {
    return literal_;
  }  // when the host is an address
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& target() const { return target_; }  // path and query, from the first '/'
  [[nodiscard]] std::string text() const;

 private:
  Url() = default;
  [[nodiscard]] std::string origin() const;
  bool https_ = false;
  std::string host_;
  std::optional<IpAddress> literal_;
  std::uint16_t port_ = 0;
  std::string target_;
};

// Hosts that are one to whoever is polite: the host without "www.".
[[nodiscard]] std::string_view paced_name(std::string_view host);

}  // namespace portavoz
