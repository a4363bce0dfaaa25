#include "adapters/os/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace portavoz {
namespace {

// What posix_spawn does in the child; its functions fail for want of memory alone.
class Preparation {
 public:
  explicit Preparation(int socket) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, socket, child_socket);
    posix_spawn_file_actions_addclosefrom_np(&actions_, child_socket + 1);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  Preparation(Preparation&&) = delete;
  Preparation& operator=(Preparation&&) = delete;
  ~Preparation() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  // 0, or an error number.
  int spawn(pid_t& pid, const std::string& program, char* const* arguments) {
    std::array<char*, 1> environment{nullptr};  // ours may hold a password of the register
    return posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments, environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<Child> Child::start(const std::string& program, const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return error_from_errno("make", "a pair of sockets", errno);
  Descriptor ours(ends[0]);
  const Descriptor its(ends[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  std::vector<std::string> texts{program};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  pid_t pid = -1;
  if (const int failed = Preparation(its.get()).spawn(pid, program, pointers.data()); failed != 0)
    return error_from_errno("start", program, failed);
  return Child(std::move(ours), pid);
}

Child::Child(Child&& other) noexcept
    : socket_(std::move(other.socket_)), pid_(std::exchange(other.pid_, -1)) {}

Child::~Child() {
  if (pid_ > 0) end();
}

Death Child::end() {
  const pid_t pid = std::exchange(pid_, -1);
  ::kill(pid, SIGKILL);  // it is ours until we waited for it, and one that is dead already stays as it died
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return {.exit_status = 0, .signal = WTERMSIG(status)};
  return {.exit_status = WEXITSTATUS(status), .signal = 0};
}

}  // namespace portavoz
