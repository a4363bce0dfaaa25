#include "core/policy/memory_roll.h"

namespace portavoz {

MemoryRoll::MemoryRoll(const RollContents& contents) : last_word_(contents.last_word) {
  for (const GuardedList& list : contents.lists) {
    const std::size_t index = lists_.size();
    lists_.push_back(list);
    for (const std::string& address : list.addresses) {
      by_address_.emplace(address, index);
      const auto at = address.rfind('@');
      by_local_part_.emplace(address.substr(0, at), index);
      domains_.insert(address.substr(at + 1));
    }
  }
  for (const RollContact& row : contents.contacts)
    designations_.emplace(std::pair(row.list_id, row.designation.address), row.designation);
  for (const RollMark& row : contents.marks) marks_.emplace(row.list_id, row.mark);
  for (const RollSealKey& row : contents.seal_keys) seal_keys_.emplace(row.key_id, row.public_key);
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

Lookup<bool> MemoryRoll::was_posted(std::int64_t list_id, const std::string& mark) const {
  return marks_.contains({list_id, mark});
}

Lookup<std::string> MemoryRoll::seal_key(const std::string& key_id) const {
  const auto found = seal_keys_.find(key_id);
  if (found == seal_keys_.end()) return Absent{};
  return found->second;
}

}  // namespace portavoz
