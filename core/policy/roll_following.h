// How a roll follows the register by position: when the keys that changed are enough and when everything has
// to be compared, and which keys those are. A position is a snapshot of one register: it names the
// transactions that had not committed when the roll was read. Every transaction that it does not see is still
// to come, in whatever order they commit; one that it sees is in the roll. Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/policy/roll_contents.h"

namespace portavoz {

// Where the register stands now, as it says of itself.
struct RegisterState {
  RollPosition position;
  std::optional<std::uint64_t> pruned;  // its log of changes has what came after this transaction; or no log
};

// Why the log of changes cannot bring a roll of this position to that state, as one clause; nothing when it
// can.
[[nodiscard]] std::optional<std::string> why_compare(const std::optional<RollPosition>& roll,
                                                     const RegisterState& now);

// One entry of the log of changes. `list_id` and `key` are those of a contact or a mark.
struct RollChangeEntry {
  std::string part;  // lists, seal-keys, contacts, marks or all
  std::int64_t list_id = 0;
  std::string key;
};

// What has to be read again.
struct ChangedParts {
  bool everything = false;
  bool lists = false;
  bool seal_keys = false;
  std::vector<RollKey> contacts;
  std::vector<RollKey> marks;
};

// More changes than this are not read one by one: their number would be that of the register's contacts.
inline constexpr std::size_t most_changes = 10'000;

// `entries`: read up to one more than most_changes. A part that this release does not know is everything.
[[nodiscard]] ChangedParts changed_parts(std::vector<RollChangeEntry> entries);

}  // namespace portavoz
