// Runs one command to its end: argv without any shell, a buffer on its stdin, what it says on stdout and
// stderr kept within a bound, its exit as a value. An exit status that is not 0 is no error of ours: the
// caller judges it. The child gets PATH, TZ, LANG and MAIL_CONFIG only, the directory "/", no open descriptor
// but 0, 1 and 2, and stays in our process group, so that whoever ends us by group (Postfix pipe(8) at its
// time limit) ends it as well. Errors: not_found or forbidden (it could not be started), unavailable (no
// process, no pipe). Threads: it forks; call it from programs with one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/base/result.h"

namespace portavoz {

// Whom the command runs as. Only root can become somebody else; supplementary groups are those of the user.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct Command {
  std::vector<std::string> argv;  // argv[0] with a slash, or a name looked for in PATH
  std::string input;              // its stdin
  std::optional<Identity> identity;
  std::size_t max_output = 8192;  // octets kept of stdout and of stderr each; the rest is read and dropped
};

struct Ended {
  int exit_status = 0;    // meaningful when signal is 0
  int signal = 0;         // the signal that killed it, else 0
  bool took_all = false;  // the whole input was written before it closed its stdin
  std::string out;
  std::string err;

  [[nodiscard]] bool succeeded() const { return signal == 0 && exit_status == 0 && took_all; }
};

// The exit status as a shell would give it: 128 + N for a signal. 74 (EX_IOERR) when it ended well before it
// had read everything, because then nobody knows what it did.
[[nodiscard]] int exit_code(const Ended& ended);

// "exit 1: TEXT" or "killed by signal 9": how it ended, with the first line of what it said on stderr or
// stdout.
[[nodiscard]] std::string describe(const Ended& ended);

[[nodiscard]] Result<Ended> run(const Command& command);

// Whether there is a process with this id, whoever's it is.
[[nodiscard]] bool process_lives(pid_t pid);

}  // namespace portavoz
