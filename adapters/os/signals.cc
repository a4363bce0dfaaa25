#include "adapters/os/signals.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace portavoz {
namespace {

std::array<int, 2> signal_pipe{-1, -1};  // a handler can reach nothing but globals

constexpr char stop_mark = 's';
constexpr char reload_mark = 'r';

void put(char mark) noexcept {
  // A full pipe means that marks enough are waiting already.
  [[maybe_unused]] const auto written = write(signal_pipe[1], &mark, 1);
}

extern "C" void on_signal(int number) {
  const int kept = errno;
  put(number == SIGHUP ? reload_mark : stop_mark);
  errno = kept;
}

}  // namespace

void install_signals() {
  if (pipe2(signal_pipe.data(), O_CLOEXEC) != 0) std::abort();
  fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaction(number, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signal wait_for_signal() {
  char mark = stop_mark;
  while (read(signal_pipe[0], &mark, 1) < 0 && errno == EINTR) {
  }
  return mark == reload_mark ? Signal::reload : Signal::stop;
}

void request_stop() { put(stop_mark); }

}  // namespace portavoz
