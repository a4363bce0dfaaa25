// The roll as values: what the register's views or a roster give, what a roll is filled with, whole, in part
// or little by little. It decides nothing. Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
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

// What a contact or a mark is asked for by: its list, and its address or the mark.
struct RollKey {
  std::int64_t list_id = 0;
  std::string text;

  friend bool operator==(const RollKey&, const RollKey&) = default;
};

// How far a roll has followed a register (core/policy/roll_following.h).
struct RollPosition {
  std::string source;    // which register, compared as it stands
  std::string snapshot;  // PostgreSQL's pg_snapshot

  friend bool operator==(const RollPosition&, const RollPosition&) = default;
};

// A part of the roll as it is now. A key without its contact or mark beside it is gone.
struct RollUpdate {
  std::optional<std::vector<GuardedList>> lists;      // all of them, or none changed
  std::optional<std::vector<RollSealKey>> seal_keys;  // likewise
  std::vector<RollKey> contact_keys;
  std::vector<RollContact> contacts;
  std::vector<RollKey> mark_keys;
  std::vector<RollMark> marks;
};

// The whole roll of one moment, little by little: however many contacts there are, only some are in memory.
class RollSource {
 public:
  virtual ~RollSource() = default;
  [[nodiscard]] virtual Result<std::vector<GuardedList>> lists() = 0;
  [[nodiscard]] virtual Result<std::vector<RollSealKey>> seal_keys() = 0;
  // The next ones, by ascending list and then by the octets of the address or mark; none at the end.
  [[nodiscard]] virtual Result<std::vector<RollContact>> more_contacts() = 0;
  [[nodiscard]] virtual Result<std::vector<RollMark>> more_marks() = 0;
};

// How much a roll holds.
struct RollCounts {
  std::size_t lists = 0;
  std::size_t contacts = 0;
  std::size_t marks = 0;
  std::size_t seal_keys = 0;

  friend bool operator==(const RollCounts&, const RollCounts&) = default;
};

}  // namespace portavoz
