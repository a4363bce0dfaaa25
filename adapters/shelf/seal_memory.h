// The memory of what went in: a seal's nonce, and the marks of a signed post (core/policy/marks.h). Each is
// used in two steps: `taken` by the first queue id that brings it, before the list manager runs; `posted`
// after the list manager took the post. The same queue id may come again until it is posted (the server tries
// again after a failure); another one must wait, and after `posted` every copy is a repetition. A post is
// claimed with its nonce and all of its marks, or not at all.
//
// On disk: DIRECTORY/DAY/NONCE, DAY being the days since 1970-01-01 of the time in the seal, so that old ones
// go a day at a time; and DIRECTORY/marks/KEY, KEY being 32 hexadecimal digits of the SHA-256 of list, LF and
// mark. In the file a line "taken QUEUE-ID", later a line "posted". A claim holds flock(2) on its files while
// the list manager runs, always the nonce's first and the marks' in the order of their names: two deliveries
// of one post never run it at the same time, and never wait for each other. A crash may leave some of a
// post's files taken and others not; the same queue id then takes the rest. A mark is forgotten
// `mark_lifetime` after its last step; one that was taken and not posted is free again after the lifetime of
// a seal, because no server still has that queue id. Errors: forbidden, unavailable: then nobody knows, and
// the post waits. Threads: one object, one thread; any number of objects and processes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/shelf/posix.h"
#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

enum class SealUse : std::uint8_t {
  ours,             // taken by this queue id: hand the post over
  posted,           // the list manager has this post already
  taken_elsewhere,  // another queue id took it and has not posted it yet
};

// What one post is known by.
struct PostKeys {
  std::string nonce;  // of its seal, 32 hexadecimal digits; empty when it has none
  Instant sealed;     // of its seal
  std::string list;   // canonical posting address
  std::vector<std::string> marks;
};

// The hold on one post, until it goes out of scope.
class SealClaim {
 public:
  [[nodiscard]] SealUse use() const { return use_; }
  [[nodiscard]] const std::string& taken_by() const { return taken_by_; }  // the queue id that took it
  [[nodiscard]] Result<void> mark_posted();                                // precondition: use() is ours

 private:
  friend class SealMemory;

  // One open and locked file.
  struct Key {
    posix::Fd file;
    std::string name;
    std::string taken_by;    // empty: free
    std::int64_t whole = 0;  // octets of whole lines; what follows was cut off by a crash
    bool posted = false;
  };
  explicit SealClaim(std::vector<Key> keys) : keys_(std::move(keys)) {}
  void judge(std::string_view queue_id);
  [[nodiscard]] Result<void> take(std::string_view queue_id);

  std::vector<Key> keys_;
  SealUse use_ = SealUse::ours;
  std::string taken_by_;
};

class SealMemory {
 public:
  // `lifetime`: of a seal, which outlives what waits in the mail server's queue.
  [[nodiscard]] static Result<SealMemory> open(const std::string& directory, Seconds lifetime);

  // Waits while somebody else holds one of the keys. bad_input for a nonce or mark that is not 32 hexadecimal
  // digits.
  [[nodiscard]] Result<SealClaim> claim(const PostKeys& post, std::string_view queue_id, Instant now);

  // Forgets nonces whose seals are refused as expired anyway, and old marks; those once a day.
  [[nodiscard]] Result<void> forget_old(Instant now);

 private:
  SealMemory(posix::Fd directory, posix::Fd marks, std::string path, Seconds lifetime)
      : directory_(std::move(directory)),
        marks_(std::move(marks)),
        path_(std::move(path)),
        lifetime_(lifetime) {}

  [[nodiscard]] Result<SealClaim::Key> open_key(const posix::Fd& directory, const std::string& name) const;
  [[nodiscard]] Result<void> free_if_lapsed(SealClaim::Key& mark, Instant now) const;
  [[nodiscard]] Result<void> forget_nonces(Instant now);
  [[nodiscard]] Result<void> forget_marks(Instant now);
  [[nodiscard]] Result<void> forget_mark(const std::string& name, Instant now);
  [[nodiscard]] std::string marks_path() const { return path_ + "/marks"; }

  posix::Fd directory_;
  posix::Fd marks_;
  std::string path_;
  Seconds lifetime_;
};

}  // namespace portavoz
