#include "core/policy/memory_roll.h"

namespace portavoz {

MemoryRoll::MemoryRoll(const std::vector<RollList>& lists, const std::vector<RollContact>& contacts,
                       Instant last_word)
    : last_word_(last_word) {
  for (const RollList& row : lists) {
    const std::size_t index = lists_.size();
    lists_.push_back(row.list);
    for (const std::string& address : row.addresses) {
      by_address_.emplace(address, index);
      const auto at = address.rfind('@');
      by_local_part_.emplace(address.substr(0, at), index);
      domains_.insert(address.substr(at + 1));
    }
  }
  for (const RollContact& row : contacts)
    designations_.emplace(std::pair(row.list_id, row.designation.address), row.designation);
}

Lookup<GuardedList> MemoryRoll::list_at(const std::string& address) const {
  const auto found = by_address_.find(address);
  if (found == by_address_.end()) return Absent{};
  return lists_[found->second];
}

Lookup<GuardedList> MemoryRoll::list_with_local_part(const std::string& local_part) const {
  const auto found = by_local_part_.find(local_part);
  if (found == by_local_part_.end()) return Absent{};
  return lists_[found->second];
}

Lookup<bool> MemoryRoll::has_list_in(const std::string& domain) const { return domains_.contains(domain); }

Lookup<Designation> MemoryRoll::designation(std::int64_t list_id, const MailAddress& from) const {
  const auto found = designations_.find({list_id, from.text()});
  if (found == designations_.end()) return Absent{};
  return found->second;
}

}  // namespace portavoz
