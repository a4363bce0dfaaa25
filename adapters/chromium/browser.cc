#include "adapters/chromium/browser.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portavoz {
namespace {

// Not /usr/bin/chromium, which is a script that takes options from the machine's /etc and from the user.
constexpr const char* program = "/usr/lib/chromium/chromium";

constexpr std::size_t largest_message = std::size_t{24} << 20U;  // a picture in base64, and room
constexpr rlim_t memory = rlim_t{1} << 30U;  // of each process; RLIMIT_AS would count V8's reservations
constexpr rlim_t file = rlim_t{256} << 20U;  // shared memory is files, too
constexpr auto last_seconds = std::chrono::seconds(5);
constexpr std::size_t most_said = std::size_t{64} << 10U;
constexpr const char* said_in = "/stderr";  // of its directory

constexpr int read_end = 3;  // of the browser (--remote-debugging-pipe)
constexpr int write_end = 4;

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct Pipe {
  Fd read;
  Fd write;
};

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const Fd read(ends[0]);
  const Fd write(ends[1]);
  // Above the numbers that the browser's ends get, so that neither dup2 meets the other's source.
  Pipe pipe{Fd(::fcntl(read.get(), F_DUPFD_CLOEXEC, write_end + 1)),
            Fd(::fcntl(write.get(), F_DUPFD_CLOEXEC, write_end + 1))};
  if (pipe.read.get() < 0 || pipe.write.get() < 0) return std::nullopt;
  return pipe;
}

std::vector<std::string> arguments(const std::string& directory) {
  return {program,
          "--headless",
          "--remote-debugging-pipe",
          "--user-data-dir=" + directory + "/profile",
          "--no-first-run",
          "--disable-gpu",
          "--disable-software-rasterizer",
          "--disable-dev-shm-usage",  // /dev/shm may be small, and is not private
          "--disable-breakpad",
          "--disable-extensions",
          "--disable-sync",
          "--disable-component-update",
          "--disable-background-networking",
          "--disable-quic",
          "--host-resolver-rules=MAP * ~NOTFOUND",  // no name is asked for, no address connected to
          "--js-flags=--jitless",                   // no machine code is made of a stranger's script
          "--hide-scrollbars",
          "--mute-audio",
          "about:blank"};
}

std::vector<std::string> environment(const std::string& directory) {
  return {"PATH=/usr/bin:/bin",
          "LANG=C.UTF-8",
          "HOME=" + directory,
          "TMPDIR=" + directory,
          "XDG_CONFIG_HOME=" + directory,
          "XDG_CACHE_HOME=" + directory,
          "DBUS_SESSION_BUS_ADDRESS=disabled:"};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

bool limit(__rlimit_resource_t what, rlim_t value) {
  const rlimit both{value, value};
  return ::setrlimit(what, &both) == 0;
}

// In the child, between fork and exec: system calls only, nothing that allocates.
[[noreturn]] void become_browser(char** argv, char** env, int in, int out, int log, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int nothing = ::open("/dev/null", O_RDWR);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(nothing, 1) < 0 || ::dup2(log, 2) < 0) ::_exit(127);
  if (::dup2(in, read_end) < 0 || ::dup2(out, write_end) < 0) ::_exit(127);
  if (::close_range(write_end + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) ::_exit(127);
  if (!limit(RLIMIT_DATA, memory) || !limit(RLIMIT_FSIZE, file) || !limit(RLIMIT_CORE, 0)) ::_exit(127);
  ::prctl(PR_SET_DUMPABLE, 1);  // a program that shields itself has a /proc that is root's
  if (const int oom = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); oom >= 0)
    static_cast<void>(::write(oom, "1000", 4) == 4);
  ::umask(077);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(argv[0], argv, env);
  ::_exit(127);
}

Error error_of(const char* doing, const std::string& what, int number) {
  return {ErrorKind::unavailable,
          std::string("cannot ") + doing + " " + what + ": " + std::generic_category().message(number)};
}

// All children of this process, whichever of its threads they belong to.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  std::error_code gone;
  for (std::filesystem::directory_iterator task("/proc/self/task", gone), end; !gone && task != end;
       task.increment(gone)) {
    std::ifstream list(task->path() / "children");
    found.insert(found.end(), std::istream_iterator<pid_t>(list), {});
  }
  return found;
}

// The line in which the browser says why it cannot go on, else its last one.
std::string said(const std::string& path) {
  std::ifstream log(path);
  std::string line;
  std::string last;
  for (std::size_t octets = 0; octets < most_said && std::getline(log, line); octets += line.size()) {
    if (line.find(":FATAL:") != std::string::npos) return line;
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

Browser::~Browser() { static_cast<void>(end()); }

Result<void> Browser::start() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (auto made = make_directory(); !made) return made;
  const Fd log(
      ::open((directory_ + said_in).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  auto to = make_pipe();
  auto from = make_pipe();
  if (log.get() < 0 || !to || !from) return error_of("make pipes for", program, errno);
  auto argv = arguments(directory_);
  auto env = environment(directory_);
  auto argv_list = pointers(argv);
  auto env_list = pointers(env);
  const pid_t parent = ::getpid();
  child_ = ::fork();
  if (child_ == 0)
    become_browser(argv_list.data(), env_list.data(), to->read.get(), from->write.get(), log.get(), parent);
  if (child_ < 0) {
    child_ = 0;
    return error_of("start", program, errno);
  }
  to_ = to->write.release();
  from_ = from->read.release();
  for (const int each : {to_, from_}) ::fcntl(each, F_SETFL, O_NONBLOCK);
  return {};
}

Result<void> Browser::make_directory() {
  std::error_code unknown;
  std::string name = (std::filesystem::temp_directory_path(unknown) / "portavoz-renderer.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return error_of("make the directory", name, errno);
  directory_ = std::move(name);
  return {};
}

Browser::Wait Browser::wait(int fd, short events, Time until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min(until, until_) -
                                                                   std::chrono::steady_clock::now());
    if (left.count() <= 0) return Wait::time_up;
    std::vector<pollfd> polled{{fd, events, 0}};
    for (const int each : ended_by_) polled.push_back({each, POLLIN | POLLRDHUP, 0});
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return Wait::time_up;
    const bool stopped =
        std::any_of(polled.begin() + 1, polled.end(), [](const pollfd& each) { return each.revents != 0; });
    return stopped ? Wait::ended : Wait::ready;
  }
}

Error Browser::ended() const {
  const std::string why = said(directory_ + said_in);
  return {ErrorKind::unavailable, "the browser ended" + (why.empty() ? "" : ": " + why)};
}

Result<void> Browser::send(std::string_view message) {
  std::string octets(message);
  octets += '\0';
  std::string_view rest = octets;
  while (!rest.empty()) {
    const ssize_t sent = ::write(to_, rest.data(), rest.size());
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return ended();
    switch (wait(to_, POLLOUT, until_)) {
      case Wait::ready: break;
      case Wait::time_up: return Error{ErrorKind::unavailable, "the browser takes no command any more"};
      case Wait::ended: return Error{ErrorKind::unavailable, "nobody waits for the page any more"};
    }
  }
  return {};
}

Result<std::optional<std::string>> Browser::receive(Time until) {
  for (;;) {
    if (const auto at = came_.find('\0', searched_); at != std::string::npos) {
      std::string message = came_.substr(0, at);
      came_.erase(0, at + 1);
      searched_ = 0;
      return std::optional(std::move(message));
    }
    searched_ = came_.size();
    if (came_.size() > largest_message)
      return Error{ErrorKind::bad_input, "the browser says more at once than is taken"};
    switch (wait(from_, POLLIN, until)) {
      case Wait::ready: break;
      case Wait::time_up: return std::optional<std::string>();
      case Wait::ended: return Error{ErrorKind::unavailable, "nobody waits for the page any more"};
    }
    std::array<char, 65536> piece{};
    const ssize_t got = ::read(from_, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return ended();
    came_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

bool Browser::end() {
  for (int* pipe : {&to_, &from_}) {
    if (*pipe >= 0) ::close(*pipe);
    *pipe = -1;
  }
  bool gone = child_ == 0;
  const Time last = std::chrono::steady_clock::now() + last_seconds;
  while (!gone && std::chrono::steady_clock::now() < last) {
    ::kill(-child_, SIGKILL);
    for (const pid_t each : children()) ::kill(each, SIGKILL);
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    gone = ended < 0 && errno == ECHILD;
    if (!gone) ::poll(nullptr, 0, 10);
  }
  if (gone) child_ = 0;
  std::error_code ignored;  // what stays goes with the service's private /tmp
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  if (gone) directory_.clear();
  return gone;
}

}  // namespace portavoz
