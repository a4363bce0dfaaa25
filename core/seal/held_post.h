// A post kept aside: what is known about it, and the text in which the shelf keeps that beside the post's
// octets.
//
// The text: a line "portavoz-held 1", then `name value` lines, one fact each; control octets, "%" and octets
// that are not ASCII are written %XX. `argv` stands once an argument, in order. Unknown names are an error: a
// newer release wrote them, and an older one must not release what it does not understand. Errors: bad_input.
// Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

struct HeldPost {
  std::string id;  // 8 hexadecimal digits; given by the shelf
  std::string list;
  std::string recipient;
  std::string sender;  // of the envelope
  std::string queue_id;
  std::string reason;   // one word (core/seal/judge.h)
  std::string detail;   // the rule of the verdict and its clause, or what the list manager said
  std::string contact;  // the designated contact in whose name it is; empty when From is a stranger's
  std::string message_id;
  std::string from;     // the From field as it stood; proves nothing
  std::string subject;  // as it stood
  std::string body_sha256;
  Instant time;                   // when it was kept aside
  std::uint64_t size = 0;         // octets
  std::vector<std::string> argv;  // the list manager's command, for a release; empty: it came by LMTP
};

[[nodiscard]] std::string format_held_post(const HeldPost& post);
[[nodiscard]] Result<HeldPost> parse_held_post(std::string_view text);

// True when both are the same message in the same delivery: the mail server tried again after we had kept it.
[[nodiscard]] bool same_delivery(const HeldPost& a, const HeldPost& b);

}  // namespace portavoz
