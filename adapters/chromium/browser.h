// Browser: one run of Debian's chromium without a window, with a new profile in a directory of its own,
// spoken to by messages of the DevTools protocol over two pipes. It is given up with everything that it
// started: its process group, and whatever fled from that and became our child by it (we are its subreaper).
// Its own sandbox stays on; it needs a user that is not root and user namespaces for it. What holds it
// besides, where there is no cgroup: one GiB of memory a process, 256 MiB a file, first in line when memory
// is short.
//
// It knows nothing of what is said. Units: octets; steady time. Errors: unavailable (it cannot be started, it
// ended, its time is up), bad_input (a message that is too large). Threads: one; there is one browser at a
// time in a process that has no other children.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "core/base/result.h"

namespace portavoz {

class Browser {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // ended_by: descriptors; one that can be read, or whose peer is gone, ends every wait.
  Browser(Time until, std::vector<int> ended_by) : until_(until), ended_by_(std::move(ended_by)) {}
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;
  Browser(Browser&&) = delete;
  Browser& operator=(Browser&&) = delete;
  ~Browser();

  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> send(std::string_view message);
  // The next message; nothing when none came until then.
  [[nodiscard]] Result<std::optional<std::string>> receive(Time until);

  [[nodiscard]] Time until() const { return until_; }

  // Ends it, and removes its directory. False when something that it started is still there after some
  // seconds: the program must then end, so that the service manager ends the rest.
  [[nodiscard]] bool end();

 private:
  enum class Wait : std::uint8_t { ready, time_up, ended };
  [[nodiscard]] Result<void> make_directory();
  [[nodiscard]] Wait wait(int fd, short events, Time until) const;
  [[nodiscard]] Error ended() const;

  Time until_;
  std::vector<int> ended_by_;
  pid_t child_ = 0;
  int to_ = -1;
  int from_ = -1;
  std::string directory_;
  std::string came_;          // not yet taken
  std::size_t searched_ = 0;  // of it, without an end of a message
};

}  // namespace portavoz
