// What is known about the DKIM signatures (RFC 6376) of a message: facts, no judgement. adapters/opendkim
// finds them out; core/policy judges which of them proves anything. Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portavoz {

enum class DkimResult : std::uint8_t {
  pass,         // the library verified it
  fail,         // it did not verify, or the key does not exist or forbids it
  unavailable,  // its key could not be looked up now
};

[[nodiscard]] std::string_view word(DkimResult result);

struct DkimSignature {
  std::string domain;     // d=, exactly, in lower case
  std::string selector;   // s=
  std::string algorithm;  // a=, in lower case: "rsa-sha256"
  DkimResult result = DkimResult::fail;
  std::string why;                        // in words, for fail and unavailable
  unsigned key_bits = 0;                  // RSA in whole octets; Ed25519: 256; 0 when no key was seen
  bool test_key = false;                  // t=y in the key record (RFC 6376 §3.6.1)
  bool whole_body = true;                 // false when l= is there, whatever it says (§3.5)
  std::vector<std::string> signed_names;  // h=, in lower case
  std::string signature;                  // b=, decoded
  std::string body_hash;                  // bh=, decoded
};

// The signatures by the domains that were asked for, top first; others are not looked at.
struct DkimFacts {
  std::vector<DkimSignature> signatures;
  bool more = false;  // there were more than are looked at; those beyond the first ten count for nothing
};

}  // namespace portavoz
