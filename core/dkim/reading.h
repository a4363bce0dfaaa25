// What a DKIM-Signature field says of itself, and which record of the DNS is its key (RFC 6376). Nothing is
// verified here. Threads: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/lookup.h"
#include "core/dkim/dkim.h"
#include "core/dns/dns.h"

namespace portavoz {

// The facts that stand in the field itself; `result` is fail until somebody verified it. Nothing when this is
// no signature that could be verified: a tag of RFC 6376 §3.5 that must be there is missing or cannot be
// read, or the field is longer than a signature has any reason to be.
[[nodiscard]] std::optional<DkimSignature> read_signature(std::string_view value);

// selector._domainkey.domain in lower case (RFC 6376 §3.6.2.1); nothing when there can be no such name.
[[nodiscard]] std::optional<std::string> key_name(const DkimSignature& signature);

struct DkimKey {
  Lookup<std::string> record;  // the text of the key record
  std::string why;             // why there is none, in words
};

// The key among the TXT records of its name. Records that are no key (a wildcard answers for every name) do
// not count. With two different keys the results are undefined by RFC 6376 §3.6.2.2, and resolvers give
// records in any order: so that the same post does not pass now and fail later, neither is taken.
[[nodiscard]] DkimKey choose_key(const DnsAnswer& answer);

// Whether a key record's k= is the kind of key that a= signs with (RFC 6376 §6.1.2 step 6).
[[nodiscard]] bool is_key_for(std::string_view record, std::string_view algorithm);

// Bits of an Ed25519 key record; 0 for any other.
[[nodiscard]] unsigned ed25519_bits(std::string_view record);

}  // namespace portavoz
