// A roll held in memory, made once from the register's rows and never changed. Looking up costs one hash.
// Threads: any may read it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/policy/roll_contents.h"

namespace portavoz {

class MemoryRoll final : public Roll {
 public:
  explicit MemoryRoll(const RollContents& contents);

  [[nodiscard]] Lookup<GuardedList> list_at(const std::string& address) const override;
  [[nodiscard]] Lookup<GuardedList> list_with_local_part(const std::string& local_part) const override;
  [[nodiscard]] Lookup<bool> has_list_in(const std::string& domain) const override;
  [[nodiscard]] Lookup<Designation> designation(std::int64_t list_id, const MailAddress& from) const override;
  [[nodiscard]] Lookup<bool> was_posted(std::int64_t list_id, const std::string& mark) const override;
  [[nodiscard]] Lookup<std::string> seal_key(const std::string& key_id) const override;
  [[nodiscard]] std::optional<LastWord> last_word() const override { return last_word_; }

  [[nodiscard]] std::size_t list_count() const { return lists_.size(); }
  [[nodiscard]] std::size_t contact_count() const { return designations_.size(); }

 private:
  std::vector<GuardedList> lists_;
  std::unordered_map<std::string, std::size_t> by_address_;
  std::unordered_map<std::string, std::size_t> by_local_part_;
  std::set<std::string> domains_;
  std::map<std::pair<std::int64_t, std::string>, Designation> designations_;
  std::set<std::pair<std::int64_t, std::string>> marks_;
  std::map<std::string, std::string> seal_keys_;
  LastWord last_word_;
};

}  // namespace portavoz
