// EpollReactor: a Reactor of epoll(7) and a heap of timers. wake() ends a wait early and may be called from
// any thread and from a signal handler; everything else only from the thread that runs it. Units:
// milliseconds of the clock it was given. Errors: the process ends when the kernel gives no epoll descriptor.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "core/base/time.h"
#include "core/net/reactor.h"

namespace portavoz {

class EpollReactor final : public Reactor {
 public:
  using MonotonicClock = Millis (*)();

  explicit EpollReactor(MonotonicClock clock);
  EpollReactor(const EpollReactor&) = delete;
  EpollReactor& operator=(const EpollReactor&) = delete;
  EpollReactor(EpollReactor&&) = delete;
  EpollReactor& operator=(EpollReactor&&) = delete;
  ~EpollReactor() override;

  void watch(int fd, Ready interest, OnReady on_ready) override;
  void forget(int fd) override;
  [[nodiscard]] Timer at(Millis time, OnTime on_time) override;
  void cancel(Timer timer) override;
  [[nodiscard]] Millis now() const override { return clock_(); }

  // Runs callbacks, round after round, until `done` says true; it is asked before the first and after each.
  void run_until(const std::function<bool()>& done);

  void wake() noexcept;

 private:
  struct Watched {
    std::uint32_t birth = 0;  // 0: not watched
    bool without_epoll = false;
    Ready interest;
    OnReady on_ready;
  };
  struct Due {
    Millis time;
    Timer timer;
    friend bool operator>(const Due& a, const Due& b) {
      return a.time != b.time ? a.time > b.time : a.timer > b.timer;
    }
  };

  void round();
  void wait(int timeout_ms);
  void call(int fd, std::uint32_t birth, Ready ready);
  void call_unwatchable();
  void call_timers();
  [[nodiscard]] int wait_ms();
  void drop_cancelled();

  MonotonicClock clock_;
  int epoll_;
  int wake_;
  std::vector<Watched> watched_;  // by descriptor
  std::uint32_t births_ = 0;
  std::vector<int> unwatchable_;  // always ready, as files are
  std::vector<Due> due_;          // a heap, the next one in front; holds cancelled ones, too
  std::unordered_map<Timer, OnTime> timers_;
  Timer last_timer_ = 0;
};

}  // namespace portavoz
