// try_confined WHAT: confines itself, with descriptor 3 as the one that stays, and tries it. Exit status: 0
// when it could, 1 when it could not and lives, 2 for another WHAT, 3 when it could not confine itself.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "adapters/seccomp/confine.h"

namespace {

constexpr std::size_t memory = std::size_t{256} << 20U;

bool map_memory(int protection) {
  return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

// Asks for memory until there is none; whether it got as much as it must not have.
bool take_memory() {
  constexpr std::size_t block = std::size_t{1} << 20U;
  std::size_t taken = 0;
  for (; taken < memory; taken += block)
    if (std::malloc(block) == nullptr) break;
  return taken >= memory;
}

bool compute_and_speak() {
  const itimerval timer{{0, 0}, {1, 0}};
  std::string text(std::size_t{8} << 20U, 'x');
  text.resize(std::size_t{20} << 20U, 'y');
  return text.back() == 'y' && ::setitimer(ITIMER_PROF, &timer, nullptr) == 0 && map_memory(PROT_WRITE) &&
         ::send(3, "here", 4, 0) == 4;
}

bool run_program() {
  char name[] = "/bin/true";
  char* arguments[] = {name, nullptr};
  ::execv(name, arguments);
  return false;
}

const std::map<std::string, std::function<bool()>> attempts{
    {"compute and speak", compute_and_speak},
    {"open a file", [] { return ::open("/etc/passwd", O_RDONLY) >= 0; }},
    {"write a file", [] { return ::open("/tmp/portavoz-confined", O_WRONLY | O_CREAT, 0600) >= 0; }},
    {"look at a file",
     [] {
       struct stat seen {};
       return ::stat("/etc/passwd", &seen) == 0;
     }},
    {"remove a file", [] { return ::unlink("/tmp/portavoz-no-such-file") == 0; }},
    {"make a socket", [] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }},
    {"make sockets",
     [] {
       int ends[2];
       return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
     }},
    {"start a process", [] { return ::fork() >= 0; }},
    {"start a program", run_program},
    {"make code", [] { return map_memory(PROT_READ | PROT_WRITE | PROT_EXEC); }},
    {"turn data into code",
     [] {
       void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
       return ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
     }},
    {"signal its parent", [] { return ::kill(::getppid(), 0) == 0; }},
    {"signal another process", [] { return ::kill(1, 0) == 0; }},
    {"trace its parent", [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0; }},
    {"lift a limit",
     [] {
       const rlimit bound{100, 100};
       return ::setrlimit(RLIMIT_NOFILE, &bound) == 0;
     }},
    {"change itself", [] { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; }},
    {"write to standard error", [] { return ::write(2, "x", 1) == 1 || errno != EBADF; }},
    {"take memory", take_memory},
    {"compute for ever",
     [] {
       const volatile bool forever = true;
       while (forever) {
       }
       return true;
     }},
};

}  // namespace

int main(int argc, char** argv) {
  const auto attempt = attempts.find(argc == 2 ? argv[1] : "");
  if (attempt == attempts.end()) return 2;
  if (!portavoz::confine({.keep = 3, .memory = memory, .cpu = portavoz::Seconds(1)})) return 3;
  std::_Exit(attempt->second() ? 0 : 1);
}
