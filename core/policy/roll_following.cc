#include "core/policy/roll_following.h"

#include <string_view>
#include <utility>

#include "core/base/text.h"

namespace portavoz {
namespace {

struct Bounds {
  std::uint64_t first_unseen = 0;  // every transaction before it had ended
  std::uint64_t end = 0;           // no transaction from here on had begun
};

// pg_snapshot as PostgreSQL writes it: xmin:xmax:those between that had not ended.
std::optional<Bounds> bounds(std::string_view snapshot) {
  const auto first = snapshot.find(':');
  const auto second = first == std::string_view::npos ? first : snapshot.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto first_unseen = parse_decimal(snapshot.substr(0, first));
  const auto end = parse_decimal(snapshot.substr(first + 1, second - first - 1));
  if (!first_unseen || !end) return std::nullopt;
  return Bounds{*first_unseen, *end};
}

}  // namespace

std::optional<std::string> why_compare(const std::optional<RollPosition>& roll, const RegisterState& now) {
  if (!roll) return "the roll has no position in this register yet";
  if (roll->source != now.position.source)
    return "this is another register than before, or one after a failover or a restored dump";
  const auto then = bounds(roll->snapshot);
  const auto present = bounds(now.position.snapshot);
  if (!then || !present) return "a position cannot be read";
  if (then->end > present->end) return "the register is at an earlier state than the roll";
  if (!now.pruned || then->first_unseen <= *now.pruned)
    return "the register's log of changes begins later than the roll";
  return std::nullopt;
}

ChangedParts changed_parts(std::vector<RollChangeEntry> entries) {
  ChangedParts parts;
  parts.everything = entries.size() > most_changes;
  for (RollChangeEntry& entry : entries) {
    if (entry.part == "lists")
      parts.lists = true;
    else if (entry.part == "seal-keys")
      parts.seal_keys = true;
    else if (entry.part == "contacts")
      parts.contacts.push_back({entry.list_id, std::move(entry.key)});
    else if (entry.part == "marks")
      parts.marks.push_back({entry.list_id, std::move(entry.key)});
    else
      parts.everything = true;
  }
  return parts;
}

}  // namespace portavoz
