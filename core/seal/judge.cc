#include "core/seal/judge.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/mail/from.h"

namespace portavoz {
namespace {

constexpr std::array reasons = {
    HeldReasonInfo{HeldReason::unsealed, "unsealed",
                   "It has no seal: it came by an alias, from the queue or from this host, past the gate."},
    HeldReasonInfo{HeldReason::seal_unreadable, "seal-unreadable",
                   "It has a seal field that is no seal of ours."},
    HeldReasonInfo{HeldReason::seal_other_list, "seal-other-list", "Its seal is for another list."},
    HeldReasonInfo{HeldReason::seal_ambiguous, "seal-ambiguous", "It has more than one seal for this list."},
    HeldReasonInfo{HeldReason::seal_unknown_key, "seal-unknown-key",
                   "Its seal names a key that is not, or no longer, among the register's public keys."},
    HeldReasonInfo{HeldReason::seal_forged, "seal-forged",
                   "Its seal was not made for this post: From, Message-ID, body, list or time differ."},
    HeldReasonInfo{HeldReason::seal_expired, "seal-expired",
                   "Its seal is older than door.seal_lifetime allows."},
    HeldReasonInfo{HeldReason::seal_future, "seal-future",
                   "Its seal is from the future: the clocks of the gate and of the door differ."},
    HeldReasonInfo{HeldReason::list_manager_refused, "list-manager-refused",
                   "The list manager refused it for good, although the door let it in."},
};

// The one From mailbox and the Message-ID, as the gate took them; nothing when the gate would not have sealed
// this.
std::optional<SealFacts> facts_of(const std::vector<Field>& fields) {
  const auto from = field_values(fields, "From");
  const auto message_id = field_values(fields, "Message-ID");
  if (from.size() != 1 || message_id.size() > 1) return std::nullopt;
  const auto mailbox = parse_from(from.front());
  if (!mailbox) return std::nullopt;
  SealFacts facts;
  facts.from = mailbox->text();
  if (!message_id.empty()) facts.message_id = message_id.front();
  return facts;
}

std::variant<Seal, HeldReason> one_for_this_list(const std::vector<Field>& fields, const std::string& list) {
  const auto values = field_values(fields, seal_field);
  if (values.empty()) return HeldReason::unsealed;
  std::optional<Seal> ours;
  bool unreadable = false;
  for (const auto value : values) {
    auto seal = parse_seal(value);
    if (!seal) unreadable = true;
    if (!seal || seal->list != list) continue;
    if (ours) return HeldReason::seal_ambiguous;
    ours = std::move(*seal);
  }
  if (ours) return *ours;
  return unreadable ? HeldReason::seal_unreadable : HeldReason::seal_other_list;
}

}  // namespace

const HeldReasonInfo& info(HeldReason reason) { return reasons.at(static_cast<std::size_t>(reason)); }

const HeldReasonInfo* find_held_reason(std::string_view word) {
  const auto* const found = std::find_if(reasons.begin(), reasons.end(),
                                         [&](const HeldReasonInfo& row) { return row.word == word; });
  return found == reasons.end() ? nullptr : found;
}

std::variant<Seal, HeldReason, Unavailable> judge_seal(const std::vector<Field>& fields,
                                                       const SealQuestion& question,
                                                       const VerifySignature& verify) {
  auto found = one_for_this_list(fields, question.list);
  if (const auto* reason = std::get_if<HeldReason>(&found)) return *reason;
  const Seal& seal = std::get<Seal>(found);

  auto facts = facts_of(fields);
  if (!facts) return HeldReason::seal_forged;
  facts->list = question.list;
  facts->body_sha256 = question.body_sha256;
  facts->time = seal.time;
  facts->marks = seal.marks;
  switch (verify(seal.key_id, seal_text_to_sign(*facts, seal.key_id, seal.nonce), seal.signature)) {
    case SignatureCheck::unknown_key: return HeldReason::seal_unknown_key;
    case SignatureCheck::bad: return HeldReason::seal_forged;
    case SignatureCheck::unavailable: return Unavailable{"the key " + seal.key_id + " cannot be looked up"};
    case SignatureCheck::good: break;
  }
  // The time is believed only now that the signature covers it.
  if (seal.time > question.now + clock_difference) return HeldReason::seal_future;
  if (seal.time + question.lifetime < question.now) return HeldReason::seal_expired;
  return seal;
}

}  // namespace portavoz
