// Reactor: what a program that does many things in one thread waits with: sockets that become ready, and
// times that come. adapters/os makes one of epoll; adapters that wait (curl, ares, …) are given it, so that
// they share one loop and know neither it nor each other.
//
// Callbacks run in the thread that runs the loop, never inside of the call that registers them, and may call
// every function here, for their own descriptor or timer too. What was forgotten or cancelled is not called
// any more, not even when it was ready in the same round. Descriptors are borrowed: forget one before it is
// closed. Units: milliseconds of a monotonic clock. Errors: none; a descriptor that cannot be watched is
// reported ready, so that its owner meets the error. Threads: one.
#pragma once

#include <cstdint>
#include <functional>

#include "core/base/time.h"

namespace portavoz {

class Reactor {
 public:
  struct Ready {
    bool readable = false;
    bool writable = false;
  };
  using OnReady = std::function<void(Ready)>;
  using OnTime = std::function<void()>;
  using Timer = std::uint64_t;  // never 0, never used again

  virtual ~Reactor() = default;

  // Replaces what was asked for the descriptor before.
  virtual void watch(int fd, Ready interest, OnReady on_ready) = 0;
  virtual void forget(int fd) = 0;

  [[nodiscard]] virtual Timer at(Millis time, OnTime on_time) = 0;
  virtual void cancel(Timer timer) = 0;

  [[nodiscard]] virtual Millis now() const = 0;
};

}  // namespace portavoz
