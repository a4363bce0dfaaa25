#include <csignal>
#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "adapters/os/process.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

Ended shell(const std::string& script, const std::string& input = {}) {
  Command command;
  command.argv = {"/bin/sh", "-c", script};
  command.input = input;
  auto ended = run(command);
  REQUIRE(ended);
  return std::move(*ended);
}

}  // namespace

TEST_CASE("a command gets its input whole and its exit status comes back", "[os]") {
  const TempDir dir;
  const std::string input = std::string("\0\n", 2) + std::string(3000000, 'x');
  const Ended ended = shell("cat > '" + (dir / "out") + "'", input);
  CHECK(ended.succeeded());
  CHECK(test::read_all(dir / "out") == input);
  CHECK(shell("exit 75").exit_status == 75);
  CHECK_FALSE(shell("exit 75").succeeded());
  CHECK(shell("exit 0").succeeded());
}

TEST_CASE("a command that ends before it read everything has not succeeded", "[os]") {
  const Ended ended = shell("exec 0<&-; exit 0", std::string(3000000, 'x'));
  CHECK(ended.exit_status == 0);
  CHECK_FALSE(ended.took_all);
  CHECK_FALSE(ended.succeeded());
  CHECK(exit_code(ended) == EX_IOERR);
  CHECK(describe(ended) == "exit 0 before it read the whole message");
}

TEST_CASE("a signal is a value too", "[os]") {
  const Ended ended = shell("kill -9 $$");
  CHECK(ended.signal == SIGKILL);
  CHECK(exit_code(ended) == 128 + SIGKILL);
  CHECK(describe(ended) == "killed by signal 9");
}

TEST_CASE("what the command says is kept within the bound, and more of it does not block it", "[os]") {
  Command command;
  command.argv = {"/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' e >&2; echo done; exit 3"};
  command.max_output = 100;
  const auto ended = run(command);
  REQUIRE(ended);
  CHECK(ended->err == std::string(100, 'e'));
  CHECK(ended->out == "done\n");
  CHECK(ended->exit_status == 3);
}

TEST_CASE("its end is described by its first line", "[os]") {
  CHECK(describe(shell("echo one >&2; echo two >&2; exit 1")) == "exit 1: one");
  CHECK(describe(shell("echo said on stdout; exit 1")) == "exit 1: said on stdout");
  CHECK(describe(shell("exit 1")) == "exit 1");
}

TEST_CASE("a command that cannot be started is an error, not an exit status", "[os]") {
  const TempDir dir;
  Command command;
  command.argv = {dir / "absent"};
  CHECK(run(command).error().kind == ErrorKind::not_found);
  test::write_all(dir / "file", "#!/bin/sh\n");
  command.argv = {dir / "file"};
  CHECK(run(command).error().kind == ErrorKind::forbidden);
  command.argv = {};
  CHECK(run(command).error().kind == ErrorKind::bad_input);
}

TEST_CASE("what it leaves running in the background is not waited for", "[os]") {
  const TempDir dir;
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  // The reader of the FIFO keeps stderr open until somebody writes; were it waited for, this test would not
  // end.
  const Ended ended = shell("cat '" + (dir / "fifo") + "' & exit 0");
  CHECK(ended.succeeded());
  test::write_all(dir / "fifo", "now end");
}

TEST_CASE("it gets a small environment and no descriptor of ours", "[os]") {
  REQUIRE(::setenv("PORTAVOZ_TEST_SECRET", "x", 1) == 0);
  REQUIRE(::setenv("EXTENSION", "subscribe", 1) == 0);
  const TempDir dir;
  const int leaked = ::dup(1);  // without O_CLOEXEC
  REQUIRE(leaked > 2);
  const Ended ended = shell("env; pwd; [ -e /dev/fd/" + std::to_string(leaked) + " ] && echo leaked");
  ::close(leaked);
  ::unsetenv("PORTAVOZ_TEST_SECRET");
  ::unsetenv("EXTENSION");
  CHECK(ended.out.find("PATH=") != std::string::npos);
  CHECK(ended.out.find("PORTAVOZ_TEST_SECRET") == std::string::npos);
  CHECK(ended.out.find("EXTENSION") == std::string::npos);
  CHECK(ended.out.find("leaked") == std::string::npos);
}

TEST_CASE("root can run a command as somebody else, for good", "[os]") {
  Command command;
  command.argv = {"/bin/sh", "-c", "id -u; id -g; id -G"};
  command.identity = Identity{65534, 65534};
  const auto ended = run(command);
  if (::geteuid() != 0) {
    CHECK_FALSE(ended);
    return;
  }
  REQUIRE(ended);
  CHECK(ended->out == "65534\n65534\n65534\n");
}
