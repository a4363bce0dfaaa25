// Judges the seals that a post carries at the door: is there exactly one for this list, made by a gate whose
// key we know, over this very post, and fresh? It does not ask whether the seal was used before: that is the
// seals' memory. A post without a good seal is judged as one that has none. Each reason has one word, which
// stands in the log, on the shelf and in the manual alike.
// Threads: pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/mail/message.h"
#include "core/seal/seal.h"

namespace portavoz {

// Why a post was kept aside.
enum class HeldReason : std::uint8_t {
  unsealed,
  seal_unreadable,
  seal_other_list,
  seal_ambiguous,
  seal_unknown_key,
  seal_forged,
  seal_expired,
  seal_future,
  list_manager_refused,
};

struct HeldReasonInfo {
  HeldReason reason;
  std::string_view word;     // "seal-forged"
  std::string_view meaning;  // one sentence for the admin
};

[[nodiscard]] const HeldReasonInfo& info(HeldReason reason);
[[nodiscard]] const HeldReasonInfo* find_held_reason(
    std::string_view word);  // nullptr when there is no such word

enum class SignatureCheck : std::uint8_t { good, bad, unknown_key, unavailable };
using VerifySignature =
    std::function<SignatureCheck(std::string_view key_id, std::string_view text, std::string_view signature)>;

struct SealQuestion {
  std::string list;         // canonical posting address of this door
  std::string body_sha256;  // 32 raw octets, over the canonical body
  Instant now;
  Seconds lifetime{0};
};

// The one good seal, or the reason why it counts as none; Unavailable when the key could not be looked up.
[[nodiscard]] std::variant<Seal, HeldReason, Unavailable> judge_seal(const std::vector<Field>& fields,
                                                                     const SealQuestion& question,
                                                                     const VerifySignature& verify);

// Clocks of gate and door may differ by this much.
inline constexpr Seconds clock_difference = std::chrono::minutes(5);

}  // namespace portavoz
