#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

Millis test_time{0};
Millis test_clock() { return test_time; }

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  Pipe(Pipe&&) = delete;
  Pipe& operator=(Pipe&&) = delete;
  void fill() const { REQUIRE(::write(ends[1], "x", 1) == 1); }
  [[nodiscard]] int out() const { return ends[0]; }
  [[nodiscard]] int in() const { return ends[1]; }
  std::array<int, 2> ends{};
};

// As many rounds as are asked for; there must be something that ends each wait.
void rounds(EpollReactor& loop, int count) {
  loop.run_until([&] { return count-- == 0; });
}

}  // namespace

TEST_CASE("timers come in the order of their times, and equal ones in the order of their making") {
  test_time = Millis(0);
  EpollReactor loop(test_clock);
  std::string order;
  static_cast<void>(loop.at(Millis(30), [&] { order += 'c'; }));
  static_cast<void>(loop.at(Millis(10), [&] { order += 'a'; }));
  static_cast<void>(loop.at(Millis(10), [&] { order += 'b'; }));
  test_time = Millis(10);
  rounds(loop, 1);
  CHECK(order == "ab");
  test_time = Millis(30);
  rounds(loop, 1);
  CHECK(order == "abc");
}

TEST_CASE("a cancelled timer does not come, not even when one of the same round cancels it") {
  test_time = Millis(0);
  EpollReactor loop(test_clock);
  int came = 0;
  Reactor::Timer second = 0;
  static_cast<void>(loop.at(Millis(0), [&] { loop.cancel(second); }));
  second = loop.at(Millis(0), [&] { ++came; });
  loop.cancel(loop.at(Millis(0), [&] { ++came; }));
  rounds(loop, 1);
  CHECK(came == 0);
}

TEST_CASE("many timers that are set and cancelled leave the others in order") {
  test_time = Millis(0);
  EpollReactor loop(test_clock);
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) {
    static_cast<void>(loop.at(Millis(1000 - i), [&order, i] { order.push_back(1000 - i); }));
    for (int k = 0; k < 5; ++k) loop.cancel(loop.at(Millis(i), [&order] { order.push_back(-1); }));
  }
  test_time = Millis(1000);
  rounds(loop, 1);
  CHECK(order.size() == 1000);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(order.front() == 1);
}

TEST_CASE("a timer that sets itself anew for this moment does not keep the sockets waiting") {
  test_time = Millis(0);
  EpollReactor loop(test_clock);
  const Pipe pipe;
  pipe.fill();
  std::string order;
  std::function<void()> again = [&] {
    order += 't';
    static_cast<void>(loop.at(Millis(0), again));
  };
  again();
  loop.watch(pipe.out(), {true, false}, [&](Reactor::Ready) { order += 's'; });
  rounds(loop, 2);
  CHECK(order == "tstst");
}

TEST_CASE("a socket is reported for what was asked, and no more when it was forgotten") {
  EpollReactor loop(monotonic);
  const Pipe pipe;
  int readable = 0;
  int writable = 0;
  loop.watch(pipe.out(), {true, false}, [&](Reactor::Ready ready) { readable += ready.readable ? 1 : 0; });
  loop.watch(pipe.in(), {false, true}, [&](Reactor::Ready ready) {
    CHECK_FALSE(ready.readable);
    writable += ready.writable ? 1 : 0;
  });
  rounds(loop, 1);
  CHECK((readable == 0 && writable == 1));
  pipe.fill();
  loop.forget(pipe.in());
  rounds(loop, 1);
  CHECK((readable == 1 && writable == 1));
}

TEST_CASE("one that forgets another of the same round keeps it from being called") {
  EpollReactor loop(monotonic);
  const Pipe one;
  const Pipe two;
  one.fill();
  two.fill();
  int called = 0;
  const auto forget_both = [&](Reactor::Ready) {
    ++called;
    loop.forget(one.out());
    loop.forget(two.out());
  };
  loop.watch(one.out(), {true, false}, forget_both);
  loop.watch(two.out(), {true, false}, forget_both);
  rounds(loop, 1);
  CHECK(called == 1);
}

TEST_CASE("a descriptor with the number of a forgotten one is another") {
  EpollReactor loop(monotonic);
  const Pipe one;
  const Pipe two;
  one.fill();
  two.fill();
  int old_called = 0;
  int called = 0;
  const auto exchange = [&](Reactor::Ready) {
    if (called++ > 0) return;
    for (const int fd : {one.out(), two.out()}) {
      loop.forget(fd);
      loop.watch(fd, {true, false}, [&](Reactor::Ready) { ++old_called; });
    }
  };
  loop.watch(one.out(), {true, false}, exchange);
  loop.watch(two.out(), {true, false}, exchange);
  rounds(loop, 1);
  CHECK(called == 1);
  CHECK(old_called == 0);
  rounds(loop, 1);
  CHECK(old_called == 2);
}

TEST_CASE("a callback may replace itself") {
  EpollReactor loop(monotonic);
  const Pipe pipe;
  pipe.fill();
  std::string order;
  loop.watch(pipe.out(), {true, false}, [&](Reactor::Ready) {
    order += '1';
    loop.watch(pipe.out(), {true, false}, [&](Reactor::Ready) { order += '2'; });
  });
  rounds(loop, 3);
  CHECK(order == "122");
}

TEST_CASE("the end of the other side is reported as ready") {
  EpollReactor loop(monotonic);
  Pipe pipe;
  int readable = 0;
  loop.watch(pipe.out(), {true, false}, [&](Reactor::Ready ready) { readable += ready.readable ? 1 : 0; });
  ::close(pipe.ends[1]);
  pipe.ends[1] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  rounds(loop, 1);
  CHECK(readable == 1);
}

TEST_CASE("a file cannot be watched, and is always ready") {
  EpollReactor loop(monotonic);
  const int file = ::open(PORTAVOZ_SOURCE_DIR "/README.md", O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  int called = 0;
  loop.watch(file, {true, false}, [&](Reactor::Ready ready) {
    CHECK((ready.readable && !ready.writable));
    if (++called == 2) loop.forget(file);
  });
  loop.run_until([&] { return called == 2; });
  static_cast<void>(loop.at(loop.now(), [] {}));
  rounds(loop, 1);
  CHECK(called == 2);
  ::close(file);
}

TEST_CASE("a loop that waits for nothing ends when another thread says so and wakes it") {
  EpollReactor loop(monotonic);
  std::atomic<bool> stop = false;
  std::thread other([&] { loop.run_until([&] { return stop.load(); }); });
  stop = true;
  loop.wake();
  other.join();
  CHECK_FALSE(other.joinable());
}

TEST_CASE("wake() ends a wait") {
  EpollReactor loop(monotonic);
  const std::jthread other([&] { loop.wake(); });
  rounds(loop, 1);
}
