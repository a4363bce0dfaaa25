// Stream sockets by name: an absolute path is a unix socket, IP:port a TCP one. Only for the files of this
// folder. Errors: bad_input (no such form), conflict (somebody listens there already), unavailable,
// forbidden. Threads: one object, one thread.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

class Socket {
 public:
  explicit Socket(int fd = -1) noexcept : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  void close() noexcept;

 private:
  int fd_;
};

[[nodiscard]] Result<Socket> connect_to(const std::string& where, Millis timeout);
// The group may connect to a unix socket, nobody else. What an earlier run left in its place is taken away.
[[nodiscard]] Result<Socket> listen_at(const std::string& where);

enum class Wait : int { ready, timed_out, stopped };
// Waits until `fd` can be read (or written); `stop` is a descriptor whose being readable ends the wait, or
// -1.
[[nodiscard]] Wait wait_for(int fd, short events, Millis timeout, int stop);

// All of it, within the time.
[[nodiscard]] Result<void> send_all(int fd, std::string_view octets, Millis timeout);

[[nodiscard]] Error socket_error(std::string_view doing, const std::string& where, int number);

}  // namespace portavoz
