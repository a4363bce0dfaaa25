// The memory of used seals: each is used in two steps. `taken` by the first queue id that brings
// it, before the list manager runs; `posted` after the list manager took the post. The same queue id may come
// again until it is posted (the server tries again after a failure); another one must wait, and after
// `posted` every copy is a repetition.
//
// On disk: DIRECTORY/DAY/NONCE, DAY being the days since 1970-01-01 of the time in the seal, so that old ones
// go a day at a time. In the file a line "taken QUEUE-ID", later a line "posted". A claim holds flock(2) on
// the file while the list manager runs: two deliveries of one post never run it at the same time. Errors:
// forbidden, unavailable: then nobody knows, and the post waits. Threads: one object, one thread; any number
// of processes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/shelf/posix.h"
#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

enum class SealUse : std::uint8_t {
  ours,             // taken by this queue id: hand the post over
  posted,           // the list manager has this post already
  taken_elsewhere,  // another queue id took it and has not posted it yet
};

// The hold on one seal, until it goes out of scope.
class SealClaim {
 public:
  [[nodiscard]] SealUse use() const { return use_; }
  [[nodiscard]] const std::string& taken_by() const { return taken_by_; }  // the queue id that took it
  [[nodiscard]] Result<void> mark_posted();                                // precondition: use() is ours

 private:
  friend class SealMemory;
  SealClaim(posix::Fd file, SealUse use, std::string taken_by, std::int64_t written)
      : file_(std::move(file)), use_(use), taken_by_(std::move(taken_by)), written_(written) {}

  posix::Fd file_;
  SealUse use_;
  std::string taken_by_;
  std::int64_t written_;  // octets of whole lines in the file
};

class SealMemory {
 public:
  [[nodiscard]] static Result<SealMemory> open(const std::string& directory);

  // Waits while another process holds the same seal. `nonce` must be 32 hexadecimal digits (bad_input).
  [[nodiscard]] Result<SealClaim> claim(std::string_view nonce, Instant sealed, std::string_view queue_id);

  // Forgets the days that ended before this moment; seals of that age are refused as expired anyway.
  [[nodiscard]] Result<void> forget_before(Instant moment);

 private:
  SealMemory(posix::Fd directory, std::string path)
      : directory_(std::move(directory)), path_(std::move(path)) {}

  posix::Fd directory_;
  std::string path_;
};

}  // namespace portavoz
