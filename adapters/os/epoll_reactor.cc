#include "adapters/os/epoll_reactor.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace portavoz {
namespace {

constexpr int events_a_round = 256;
constexpr std::size_t few = 64;  // cancelled timers that are not worth a clean-up
constexpr std::uint32_t no_birth = 0;

std::uint64_t key(int fd, std::uint32_t birth) {
  return (std::uint64_t{birth} << 32U) | static_cast<std::uint32_t>(fd);
}

}  // namespace

EpollReactor::EpollReactor(MonotonicClock clock)
    : clock_(clock), epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key(wake_, no_birth);
  if (epoll_ < 0 || wake_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) std::abort();
}

EpollReactor::~EpollReactor() {
  close(wake_);
  close(epoll_);
}

void EpollReactor::watch(int fd, Ready interest, OnReady on_ready) {
  if (fd < 0) return;
  const auto place = static_cast<std::size_t>(fd);
  if (place >= watched_.size()) watched_.resize(place + 1);
  Watched& watched = watched_[place];
  const bool known = watched.birth != no_birth;
  if (!known) {
    if (++births_ == no_birth) ++births_;
    watched.birth = births_;
  }
  watched.interest = interest;
  watched.on_ready = std::move(on_ready);
  if (watched.without_epoll) return;
  epoll_event event{};
  event.events = (interest.readable ? EPOLLIN : 0U) | (interest.writable ? EPOLLOUT : 0U);
  event.data.u64 = key(fd, watched.birth);
  if (epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == 0) return;
  watched.without_epoll = true;
  unwatchable_.push_back(fd);
}

void EpollReactor::forget(int fd) {
  const auto place = static_cast<std::size_t>(fd);
  if (fd < 0 || place >= watched_.size() || watched_[place].birth == no_birth) return;
  if (watched_[place].without_epoll) {
    std::erase(unwatchable_, fd);
  } else {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  }
  watched_[place] = Watched();
}

Reactor::Timer EpollReactor::at(Millis time, OnTime on_time) {
  const Timer timer = ++last_timer_;
  timers_.emplace(timer, std::move(on_time));
  due_.push_back({time, timer});
  std::push_heap(due_.begin(), due_.end(), std::greater<>());
  return timer;
}

void EpollReactor::cancel(Timer timer) {
  if (timers_.erase(timer) == 0) return;
  // What was cancelled stays in the heap until it comes in front, unless it becomes most of it.
  if (due_.size() <= 2 * timers_.size() + few) return;
  std::erase_if(due_, [this](const Due& due) { return !timers_.contains(due.timer); });
  std::make_heap(due_.begin(), due_.end(), std::greater<>());
}

void EpollReactor::drop_cancelled() {
  while (!due_.empty() && !timers_.contains(due_.front().timer)) {
    std::pop_heap(due_.begin(), due_.end(), std::greater<>());
    due_.pop_back();
  }
}

int EpollReactor::wait_ms() {
  if (!unwatchable_.empty()) return 0;
  drop_cancelled();
  if (due_.empty()) return -1;
  const auto left = (due_.front().time - now()).count();
  return static_cast<int>(std::clamp<Millis::rep>(left, 0, 60'000));
}

void EpollReactor::call(int fd, std::uint32_t birth, Ready ready) {
  const auto same = [&] { return watched_[static_cast<std::size_t>(fd)].birth == birth; };
  if (!same()) return;  // forgotten in this round
  Watched& watched = watched_[static_cast<std::size_t>(fd)];
  ready.readable = ready.readable && watched.interest.readable;
  ready.writable = ready.writable && watched.interest.writable;
  if (!ready.readable && !ready.writable) return;
  // The callback may replace or forget itself.
  const OnReady on_ready = std::move(watched.on_ready);
  watched.on_ready = nullptr;
  on_ready(ready);
  if (!same()) return;
  OnReady& now_there = watched_[static_cast<std::size_t>(fd)].on_ready;  // the vector may have moved
  if (!now_there) now_there = on_ready;
}

void EpollReactor::wait(int timeout_ms) {
  std::array<epoll_event, events_a_round> events{};
  const int count = epoll_wait(epoll_, events.data(), events_a_round, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto fd = static_cast<int>(static_cast<std::uint32_t>(event.data.u64));
    const auto birth = static_cast<std::uint32_t>(event.data.u64 >> 32U);
    if (birth == no_birth) {
      std::uint64_t wakes = 0;
      [[maybe_unused]] const auto got = read(wake_, &wakes, sizeof wakes);
      continue;
    }
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;  // its owner reads or writes to see why
    call(fd, birth, {(event.events & EPOLLIN) != 0 || broken, (event.events & EPOLLOUT) != 0 || broken});
  }
}

void EpollReactor::call_unwatchable() {
  const std::vector<int> fds = unwatchable_;
  for (const int fd : fds) call(fd, watched_[static_cast<std::size_t>(fd)].birth, {true, true});
}

void EpollReactor::call_timers() {
  // A timer that a callback sets for this same moment waits for the next round, so that sockets get their
  // turn.
  const Timer last = last_timer_;
  const Millis time = now();
  std::vector<Due> later;
  for (drop_cancelled(); !due_.empty() && due_.front().time <= time; drop_cancelled()) {
    std::pop_heap(due_.begin(), due_.end(), std::greater<>());
    const Due due = due_.back();
    due_.pop_back();
    if (due.timer > last) {
      later.push_back(due);
      continue;
    }
    auto node = timers_.extract(due.timer);
    node.mapped()();
  }
  for (const Due& due : later) {
    due_.push_back(due);
    std::push_heap(due_.begin(), due_.end(), std::greater<>());
  }
}

void EpollReactor::round() {
  wait(wait_ms());
  call_unwatchable();
  call_timers();
}

void EpollReactor::run_until(const std::function<bool()>& done) {
  while (!done()) round();
}

void EpollReactor::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_, &one, sizeof one);  // full: it wakes anyhow
}

}  // namespace portavoz
