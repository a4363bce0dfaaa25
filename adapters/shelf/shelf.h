// The shelf: where the door keeps posts aside that it does not let in, for an admin to look at, release or
// drop.
//
// On disk: DIRECTORY/ID.eml, the post exactly as it came, and DIRECTORY/ID.post, what is known about it
// (core/seal/held_post.h), written last: without it the post was never kept, and what is left of such a write
// is cleaned away by a later one when it is an hour old. DIRECTORY/lock is held while something is put or
// taken away. Bounded by number and octets; a full shelf is an error, and the mail waits in the mail server's
// queue instead. Posts in a stranger's name may fill three quarters only, so that a flood of them leaves room
// for those in a designated contact's name. Errors: not_found (no such held post), conflict (another admin is
// releasing it), forbidden (permissions), unavailable (full, disk, lock), bad_input. Threads: one object, one
// thread; any number of processes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "adapters/shelf/posix.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/seal/held_post.h"

namespace portavoz {

struct ShelfLimits {
  std::uint64_t posts = 0;
  std::uint64_t bytes = 0;
};

// A held post on its way to the list manager by an admin's word.
struct Release {
  HeldPost post;        // its argv: the list manager's command, as the door was told it; empty: by LMTP
  std::string message;  // without any Portavoz- field, addressed to the list
  uid_t uid = 0;        // whom the door ran as: the owner of the held files
  gid_t gid = 0;
};

class Shelf {
 public:
  [[nodiscard]] static Result<Shelf> open(const std::string& directory, const ShelfLimits& limits);

  // Keeps it and gives its id; when the same delivery is here already, the id of that. Size and id are filled
  // in.
  [[nodiscard]] Result<std::string> put(HeldPost post, std::string_view octets, Instant now);

  // Oldest first. One whose record cannot be read has only its id, its size and the reason "unreadable".
  [[nodiscard]] Result<std::vector<HeldPost>> list() const;
  [[nodiscard]] Result<HeldPost> find(const std::string& id) const;
  [[nodiscard]] Result<std::string> octets(const std::string& id) const;
  [[nodiscard]] Result<void> remove(const std::string& id);

  // Lets `run` hand the post to the list manager and removes it from the shelf when that gives exit status 0.
  // Two releases of one post never run at the same time. The status is returned; anything but 0 leaves the
  // post here.
  using RunListManager = std::function<Result<int>(const Release&)>;
  [[nodiscard]] Result<int> release(const std::string& id, const RunListManager& run);

 private:
  Shelf(posix::Fd directory, std::string path, const ShelfLimits& limits)
      : directory_(std::move(directory)), path_(std::move(path)), limits_(limits) {}

  struct Used {
    std::uint64_t posts = 0;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] Result<posix::Fd> locked() const;
  [[nodiscard]] Result<Used> clean_and_count(Instant now);
  [[nodiscard]] Result<void> make_room_for(const HeldPost& post, Instant now);
  [[nodiscard]] Result<Release> prepare(const HeldPost& post) const;
  [[nodiscard]] bool exists(const std::string& name) const;

  posix::Fd directory_;
  std::string path_;
  ShelfLimits limits_;
};

}  // namespace portavoz
