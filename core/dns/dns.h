// Dns: the questions that SPF and DKIM ask, as an interface, so that the core can evaluate answers without
// touching the network. adapters/ares asks real resolvers; core/dns/zone.h answers from a table.
//
// An answer is found (at least one record of that type), absent (the name does not exist or has no such
// record, RFC 2308 §2), or unavailable (SERVFAIL, REFUSED, a time-out, a broken packet): whoever asked then
// cannot know. Aliases (CNAME) are followed before an answer is given. Threads: one message, one Dns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lookup.h"

namespace portavoz {

enum class DnsType : std::uint16_t {
  a = 1,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28
};  // RFC 1035 §3.2.2, RFC 3596

[[nodiscard]] std::string_view word(DnsType type);  // "A", "PTR", "MX", "TXT", "AAAA"

inline constexpr int max_aliases = 16;  // of one answer, one after another; a longer chain is unavailable

struct DnsRecords {
  // One a record: A and AAAA as text (core/net/ip.h reads it), PTR and MX as a name without a trailing dot
  // (MX in the order of preference), TXT with its character-strings joined (RFC 7208 §3.3).
  std::vector<std::string> values;
  bool authentic = false;  // the resolver says that DNSSEC proved it (AD, RFC 4035 §3.2.3)
};

using DnsAnswer = Lookup<DnsRecords>;

class Dns {
 public:
  virtual ~Dns() = default;
  // `name` in ASCII (A-labels), with or without a trailing dot.
  [[nodiscard]] virtual DnsAnswer ask(const std::string& name, DnsType type) = 0;
};

}  // namespace portavoz
