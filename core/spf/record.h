// SpfRecord: the text of an SPF record taken apart (RFC 7208 §4.6.1, §5, §6). The whole record is read before
// any of it is evaluated, so that an error anywhere in it is found (§4.6). It asks nothing and expands
// nothing. Errors: bad_input, with the term that is wrong. Threads: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/net/ip.h"
#include "core/spf/spf.h"

namespace portavoz {

enum class SpfMechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

// The views look into the text that was parsed.
struct SpfTerm {
  std::string_view text;  // as it stands in the record, with its qualifier
  SpfResult result = SpfResult::pass;
  SpfMechanism mechanism = SpfMechanism::all;
  std::string_view domain_spec;      // of include, a, mx, ptr, exists; empty: the domain itself
  std::optional<IpAddress> network;  // of ip4 and ip6
  unsigned bits4 = 32;               // of ip4, a and mx
  unsigned bits6 = 128;              // of ip6, a and mx
};

struct SpfRecord {
  std::vector<SpfTerm> terms;
  std::string_view redirect;  // its domain-spec; empty when there is none
};

// True for a TXT record that is an SPF record at all, well formed or not (§4.5).
[[nodiscard]] bool is_spf_record(std::string_view txt);

// Precondition: is_spf_record(txt), which must outlive the answer.
[[nodiscard]] Result<SpfRecord> parse_spf_record(std::string_view txt);

// A text of the DNS for a person or a log: printable ASCII, cut short where it is long.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace portavoz
