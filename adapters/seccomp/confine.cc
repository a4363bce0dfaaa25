#include "adapters/seccomp/confine.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/owned.h"

namespace portavoz {
namespace {

using Filter = Owned<void, seccomp_release>;

// What computing takes: memory, time, and the descriptor that is there.
constexpr std::array allowed{SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
                             SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
                             SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(setitimer),
                             SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
                             SCMP_SYS(exit), SCMP_SYS(exit_group),
                             // abort() asks for these, so that a death by it looks like one
                             SCMP_SYS(rt_sigprocmask), SCMP_SYS(getpid), SCMP_SYS(gettid)};

Error refused(std::string_view what, int error_number) {
  return {ErrorKind::unavailable, "the kernel does not let the program that reads pages confine itself (" +
                                      std::string(what) + ": " + std::strerror(error_number) + ")"};
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_bounded = false;  // they map terabytes beside the program
#else
constexpr bool memory_is_bounded = true;
#endif

Result<void> limit_all(const Confinement& bounds) {
  struct Limit {
    __rlimit_resource resource;
    rlimit most;
  };
  const rlim_t memory = memory_is_bounded ? bounds.memory : RLIM_INFINITY;
  const auto cpu = static_cast<rlim_t>(bounds.cpu.count());
  const std::array limits{Limit{RLIMIT_AS, {memory, memory}},
                          Limit{RLIMIT_CPU, {cpu, cpu + 1}},  // SIGXCPU at the one, SIGKILL at the other
                          Limit{RLIMIT_NOFILE, {0, 0}},
                          Limit{RLIMIT_NPROC, {0, 0}},
                          Limit{RLIMIT_FSIZE, {0, 0}},
                          Limit{RLIMIT_CORE, {0, 0}}};
  for (const Limit& each : limits)
    if (::setrlimit(each.resource, &each.most) != 0) return refused("setrlimit", errno);
  return {};
}

Result<void> close_all_but(int keep) {
  const auto kept = static_cast<unsigned>(keep);
  if (kept > 0 && ::close_range(0, kept - 1, 0) != 0) return refused("close_range", errno);
  if (::close_range(kept + 1, ~0U, 0) != 0) return refused("close_range", errno);
  return {};
}

// 0, or the negative error number of the rule that was not taken.
int add_rules(scmp_filter_ctx filter) {
  for (const int call : allowed)
    if (const int done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0); done != 0) return done;
  // Memory, as long as nothing in it can be run.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    const int done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                                      SCMP_A2(SCMP_CMP_MASKED_EQ, std::uint64_t{PROT_EXEC}, 0));
    if (done != 0) return done;
  }
  return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                          SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));
}

Result<void> filter_calls() {
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return refused("seccomp", ENOMEM);
  if (const int done = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
      done != 0)
    return refused("seccomp", -done);
  if (const int done = add_rules(filter.get()); done != 0) return refused("seccomp", -done);
  if (const int done = seccomp_load(filter.get()); done != 0) return refused("seccomp", -done);
  return {};
}

}  // namespace

Result<void> confine(const Confinement& bounds) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return refused("prctl", errno);
  if (auto closed = close_all_but(bounds.keep); !closed) return closed;
  if (auto limited = limit_all(bounds); !limited) return limited;
  return filter_calls();
}

}  // namespace portavoz
