#include "core/policy/roll.h"

namespace portavoz {

std::string by_whom(const Designation& designation) {
  return designation.decision_id == 0 ? "the roster" : "decision " + std::to_string(designation.decision_id);
}

std::optional<std::string> expired(const LastWord& word, Seconds max_age, Instant now) {
  if (word.of_roster) {
    if (!word.valid_until || now < *word.valid_until) return std::nullopt;
    return "the roster was valid until " + to_rfc3339(*word.valid_until);
  }
  if (now - word.at > max_age) return "the roll is too old";
  return std::nullopt;
}

}  // namespace portavoz
