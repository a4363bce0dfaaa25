// The whole roll as values: what the register's views or a roster give, what a roll is filled with. It
// decides nothing. Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/policy/roll.h"

namespace portavoz {

struct RollContact {
  std::int64_t list_id = 0;
  Designation designation;
};

// A mark of a post that went to a list (core/policy/marks.h).
struct RollMark {
  std::int64_t list_id = 0;
  std::string mark;
};

// The public half of a gate's seal key.
struct RollSealKey {
  std::string key_id;
  std::string public_key;  // 32 raw octets
};

struct RollContents {
  std::vector<GuardedList> lists;
  std::vector<RollContact> contacts;
  std::vector<RollMark> marks;
  std::vector<RollSealKey> seal_keys;
  LastWord last_word;
};

}  // namespace portavoz
