// The seal: what the gate puts on a post that it lets through and the door asks for. This file
// fixes its exact text; gates and doors of different hosts and releases meet here, so a change of it is a new
// version number.
//
// Field:  Portavoz-Seal: v=1; k=KEYID; l=LIST; t=UNIX; n=NONCE; u=MARK,MARK; s=SIGNATURE
//   v  the version of this format, 1
//   k  the key: the first 16 hexadecimal digits of SHA-256(public key), lower case
//   l  the canonical posting address; octets that are not letters, digits or one of ! # $ & ' * + - . / = ? ^
//   _ ` { | }
//      ~ @ are written %XX with upper-case digits
//   t  when the gate sealed it, in seconds since 1970-01-01 UTC, decimal
//   n  32 hexadecimal digits, lower case, never used twice
//   u  the marks by which the signed post is known again (core/policy/marks.h), 32 hexadecimal digits each,
//   lower
//      case, separated by commas; the whole part is absent when there are none
//   s  Ed25519 signature (RFC 8032) of the text below, base64 (RFC 4648 §4)
// In this order, separated by ";" and blanks. One post to two lists carries two seals.
//
// Signed text: one line for each fact, ending in LF, the value's number of octets before the value, so that
// no value can pretend to be two:
//   portavoz-seal 1
//   key 16 KEYID
//   list 21 avisos@listas.example
//   time 10 1795500000
//   nonce 32 NONCE
//   from 16 info@example.org
//   message-id 15 <1@example.org>
//   body 64 SHA-256 of the canonical body (body_canon.h), hexadecimal, lower case
//   marks 65 MARK,MARK
// Message-ID stands there without blanks and line ends (a relay may refold it), and empty when the post has
// none; so do the marks.
//
// Errors: bad_input. Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

inline constexpr std::string_view seal_field = "Portavoz-Seal";

// What a seal vouches for.
struct SealFacts {
  std::string list;                // canonical posting address
  std::string message_id;          // the field's value as it stood; empty when there is none
  std::string from;                // canonical text of the one From mailbox
  std::string body_sha256;         // 32 raw octets
  std::vector<std::string> marks;  // of a post that DKIM proved; none otherwise
  Instant time;
};

struct Seal {
  std::string key_id;
  std::string list;
  std::string nonce;
  std::vector<std::string> marks;
  std::string signature;  // base64
  Instant time;
};

[[nodiscard]] std::string seal_text_to_sign(const SealFacts& facts, std::string_view key_id,
                                            std::string_view nonce);

// The value of the field; folds are allowed between parts, and within u and s.
[[nodiscard]] Result<Seal> parse_seal(std::string_view value);
[[nodiscard]] std::string format_seal(const Seal& seal);

// True for that many lower-case hexadecimal digits and nothing else.
[[nodiscard]] bool is_hex(std::string_view text, std::size_t digits);

}  // namespace portavoz
