// SPF as RFC 7208 says: may this client send mail in the name of this mailbox's domain? DNS answers are its
// input (core/dns/dns.h), so it runs on tables and on the real thing alike.
//
// It judges the MAIL FROM identity only; HELO serves as a macro and never as an identity, and the null
// reverse-path is no identity here. It reads no Received-SPF field and fetches no explanation (exp=). Errors
// are results. Threads: pure, but for what the given Dns does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/dns/dns.h"
#include "core/mail/address.h"
#include "core/net/ip.h"

namespace portavoz {

// RFC 7208 §2.6
enum class SpfResult : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };

[[nodiscard]] std::string_view word(SpfResult result);

struct SpfQuestion {
  IpAddress client;       // an IPv4-mapped IPv6 address counts as IPv4 (§5)
  MailAddress mail_from;  // the envelope sender; its domain is the <domain> of §4.1
  std::string helo;       // for %{h}; may be empty
};

struct SpfAnswer {
  SpfResult result = SpfResult::none;
  // The term that matched, as it stands in the record (its first 200 octets): in the domain's own record, or
  // in the one that it redirects to, never in an included one. Empty when none did.
  std::string mechanism;
  // A pass that says nothing, because the matched term lets anybody in, also behind include or redirect:
  // +all; a network so wide that a stranger rents a host in it (IPv4 shorter than /8, IPv6 shorter than /19);
  // a name that the stranger chooses himself (a:%{h}, include:%{l}.net); exists: of a name that does not
  // depend on the client's address.
  bool open = false;
  int lookups = 0;  // terms that asked the DNS, of the ten of §4.6.4
  // One clause for log and explain: "ip4:192.0.2.10 matched", "d.example has no record", "more than 10
  // look-ups".
  std::string why;
};

[[nodiscard]] SpfAnswer check_host(const SpfQuestion& question, Dns& dns);

}  // namespace portavoz
