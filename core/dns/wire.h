// A DNS answer as it came off the wire (RFC 1035 §4.1), read into what Dns answers with. Every length and
// pointer in it is a stranger's word: nothing is read outside of the octets, no pointer leads forward,
// aliases are followed for a while only, and what an answer may grow to by compression is bounded.
//
// It reads the answer section alone and believes only records of the name that was asked, or of what its
// aliases lead to. Whether the packet answers our question at all is judged by whoever received it. Threads:
// pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/dns/dns.h"

namespace portavoz {

inline constexpr std::size_t max_answer_octets = std::size_t{64}
                                                 << 10U;  // of all values of one answer together

// NOERROR with a record of that type is found, NOERROR without one and NXDOMAIN are absent; every other
// response code, a truncated packet and one that does not read are unavailable.
[[nodiscard]] DnsAnswer read_dns_answer(std::string_view packet, std::string_view name, DnsType type);

}  // namespace portavoz
