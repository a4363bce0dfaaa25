// A child process that works for us at the other end of a socket, its descriptor 3. It has /dev/null as 0 and
// 1, our standard error, an empty environment, no other descriptor of ours, and a process group of its own,
// so that Ctrl-C reaches us alone. It goes when its Child goes. Errors: not_found, forbidden or unavailable
// when it cannot be started. Threads: one; others may run and start children of their own meanwhile.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "adapters/os/files.h"
#include "core/base/result.h"

namespace portavoz {

inline constexpr int child_socket = 3;  // in the child

struct Death {
  int exit_status = 0;  // meaningful when signal is 0
  int signal = 0;
};

class Child {
 public:
  [[nodiscard]] static Result<Child> start(const std::string& program,
                                           const std::vector<std::string>& arguments);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  [[nodiscard]] int socket() const { return socket_.get(); }  // our end, which does not block
  [[nodiscard]] pid_t pid() const { return pid_; }

  // Kills it, unless it ended by itself, waits until it is gone, and says how. Once.
  Death end();

 private:
  Child(Descriptor socket, pid_t pid) : socket_(std::move(socket)), pid_(pid) {}
  Descriptor socket_;
  pid_t pid_ = -1;  // -1: gone
};

}  // namespace portavoz
