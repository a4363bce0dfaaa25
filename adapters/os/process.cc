#include "adapters/os/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

// glibc 2.36 declares pidfd_open without telling C++ that it is a C function.
extern "C" {
#include <sys/syscall.h>
}

#include "adapters/os/files.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return error_from_errno("make", "a pipe", errno);
  // Above 2, so that dup2 onto 0, 1 and 2 in the child never meets its own source.
  Pipe pipe{Descriptor(::fcntl(ends[0], F_DUPFD_CLOEXEC, 3)),
            Descriptor(::fcntl(ends[1], F_DUPFD_CLOEXEC, 3))};
  ::close(ends[0]);
  ::close(ends[1]);
  if (!pipe.read.valid() || !pipe.write.valid()) return error_from_errno("make", "a pipe", errno);
  return pipe;
}

struct Pipes {
  Pipe in, out, err, exec_error;
};

Result<Pipes> make_pipes() {
  Pipes pipes;
  for (Pipe* pipe : {&pipes.in, &pipes.out, &pipes.err, &pipes.exec_error}) {
    auto made = make_pipe();
    if (!made) return made.error();
    *pipe = std::move(*made);
  }
  return pipes;
}

std::vector<std::string> child_environment() {
  std::vector<std::string> environment;
  const char* path = std::getenv("PATH");
  environment.push_back(std::string("PATH=") + (path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin"));
  for (const char* name : {"TZ", "LANG", "MAIL_CONFIG"})
    if (const char* value = std::getenv(name); value != nullptr)
      environment.push_back(std::string(name) + "=" + value);
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<gid_t> groups_of(const Identity& identity) {
  const passwd* user = ::getpwuid(identity.uid);
  if (user == nullptr) return {identity.gid};
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(user->pw_name, identity.gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(user->pw_name, identity.gid, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::optional<Identity> identity;
  std::vector<gid_t> groups;
};

[[noreturn]] void give_up(int exec_error) {
  const int error = errno;
  const ssize_t ignored = ::write(exec_error, &error, sizeof error);
  ::_exit(ignored == sizeof error ? 127 : 126);
}

// In the child, between fork and exec: system calls only, nothing that allocates.
[[noreturn]] void become_command(const Prepared& prepared, const Pipes& pipes) {
  const int exec_error = pipes.exec_error.write.get();
  if (::dup2(pipes.in.read.get(), 0) < 0 || ::dup2(pipes.out.write.get(), 1) < 0 ||
      ::dup2(pipes.err.write.get(), 2) < 0)
    give_up(exec_error);
  // Descriptors that somebody else left open without O_CLOEXEC: not for the list manager.
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) give_up(exec_error);
  if (prepared.identity) {
    const Identity& identity = *prepared.identity;
    if (::setgroups(prepared.groups.size(), prepared.groups.data()) != 0) give_up(exec_error);
    if (::setresgid(identity.gid, identity.gid, identity.gid) != 0) give_up(exec_error);
    if (::setresuid(identity.uid, identity.uid, identity.uid) != 0) give_up(exec_error);
  }
  ::signal(SIGPIPE, SIG_DFL);
  if (::chdir("/") != 0) give_up(exec_error);
  ::execvpe(prepared.argv[0], prepared.argv.data(), prepared.environment.data());
  give_up(exec_error);
}

// Reads what there is; false when there is no more for now. The child never blocks on a full pipe: what is
// over the bound is dropped.
bool drain(Descriptor& from, std::string& kept, std::size_t max_output) {
  std::array<char, 4096> block = {};
  const ssize_t got = ::read(from.get(), block.data(), block.size());
  if (got == 0) from.reset();
  if (got <= 0) return got < 0 && errno == EINTR;
  kept.append(block.data(), std::min(static_cast<std::size_t>(got), max_output - kept.size()));
  return true;
}

// Writes what fits, and closes when all is written or the child closed its stdin.
void feed(Descriptor& to, std::string_view& rest) {
  const ssize_t written = ::write(to.get(), rest.data(), rest.size());
  if (written < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  if (written < 0 || rest.empty()) to.reset();
}

// Until the child has ended. Something it left running in the background may keep our pipes open: we do not
// wait for that, we take what is there and go.
void talk(Pipes& pipes, const Descriptor& child, const Command& command, Ended& ended) {
  std::string_view rest = command.input;
  Descriptor& in = pipes.in.write;
  Descriptor& out = pipes.out.read;
  Descriptor& err = pipes.err.read;
  for (const Descriptor* end : {&in, &out, &err}) ::fcntl(end->get(), F_SETFL, O_NONBLOCK);
  if (rest.empty()) in.reset();
  for (bool running = true; running;) {
    std::array<pollfd, 4> polled = {{{child.get(), POLLIN, 0},
                                     {in.get(), POLLOUT, 0},
                                     {out.get(), POLLIN, 0},
                                     {err.get(), POLLIN, 0}}};  // poll skips descriptors below 0
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled[1].revents != 0) feed(in, rest);
    if (polled[2].revents != 0) drain(out, ended.out, command.max_output);
    if (polled[3].revents != 0) drain(err, ended.err, command.max_output);
    running = polled[0].revents == 0;
  }
  while (out.valid() && drain(out, ended.out, command.max_output)) {
  }
  while (err.valid() && drain(err, ended.err, command.max_output)) {
  }
  ended.took_all = rest.empty();
}

void wait_for(pid_t child, Ended& ended) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  if (WIFEXITED(status)) ended.exit_status = WEXITSTATUS(status);
}

// glibc 2.36 has pidfd_open(), but its header forgets extern "C".
int open_pidfd(pid_t child) { return static_cast<int>(::syscall(SYS_pidfd_open, child, 0)); }

// While we write to a child that may stop reading, SIGPIPE must not end us.
class IgnoreSigpipe {
 public:
  IgnoreSigpipe() : before_(::signal(SIGPIPE, SIG_IGN)) {}
  ~IgnoreSigpipe() { ::signal(SIGPIPE, before_); }
  IgnoreSigpipe(const IgnoreSigpipe&) = delete;
  IgnoreSigpipe& operator=(const IgnoreSigpipe&) = delete;
  IgnoreSigpipe(IgnoreSigpipe&&) = delete;
  IgnoreSigpipe& operator=(IgnoreSigpipe&&) = delete;

 private:
  void (*before_)(int);
};

}  // namespace

int exit_code(const Ended& ended) {
  if (ended.signal != 0) return 128 + ended.signal;
  return ended.exit_status == 0 && !ended.took_all ? EX_IOERR : ended.exit_status;
}

std::string describe(const Ended& ended) {
  std::string text = ended.signal != 0 ? "killed by signal " + std::to_string(ended.signal)
                                       : "exit " + std::to_string(ended.exit_status);
  if (ended.signal == 0 && ended.exit_status == 0 && !ended.took_all)
    text += " before it read the whole message";
  const std::string_view said = trim(ended.err.empty() ? ended.out : ended.err);
  if (!said.empty()) text.append(": ").append(said.substr(0, said.find('\n')));
  return text;
}

Result<Ended> run(const Command& command) {
  if (command.argv.empty()) return Error{ErrorKind::bad_input, "there is no command to run; name one"};
  auto pipes = make_pipes();
  if (!pipes) return pipes.error();
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment = child_environment();
  const Prepared prepared{pointers(argv), pointers(environment), command.identity,
                          command.identity ? groups_of(*command.identity) : std::vector<gid_t>{}};
  const IgnoreSigpipe ignore;
  const pid_t child = ::fork();
  if (child < 0) return error_from_errno("start", command.argv[0], errno);
  if (child == 0) become_command(prepared, *pipes);
  pipes->in.read.reset();
  pipes->out.write.reset();
  pipes->err.write.reset();
  pipes->exec_error.write.reset();

  int exec_errno = 0;
  ssize_t got = -1;
  while ((got = ::read(pipes->exec_error.read.get(), &exec_errno, sizeof exec_errno)) < 0 && errno == EINTR) {
  }
  Ended ended;
  if (got > 0) {
    wait_for(child, ended);
    return error_from_errno("start", command.argv[0], exec_errno);
  }
  const Descriptor child_descriptor(open_pidfd(child));
  if (!child_descriptor.valid()) {
    // Only an exhausted table of descriptors leads here; closing the pipes ends the child, and the caller
    // tries later.
    const int why = errno;
    *pipes = Pipes{};
    wait_for(child, ended);
    return error_from_errno("follow", command.argv[0], why);
  }
  talk(*pipes, child_descriptor, command, ended);
  wait_for(child, ended);
  return ended;
}

bool process_lives(pid_t pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

}  // namespace portavoz
