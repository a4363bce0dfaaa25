// A process of its own for each attempt, which tests/confinement/try_confined.cc makes.
#include <csignal>

#include <poll.h>
#include <sys/socket.h>

#include "adapters/os/child.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

// How the program ended by itself.
Death attempt(const std::string& what, std::string* said = nullptr) {
  auto child = Child::start(PORTAVOZ_BINARY_DIR "/tests/confinement/try_confined", {what});
  REQUIRE(child);
  char block[64];
  for (;;) {
    pollfd ready{child->socket(), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, -1) == 1);
    const auto got = ::recv(child->socket(), block, sizeof block, 0);
    if (got <= 0) return child->end();
    if (said != nullptr) said->append(block, static_cast<std::size_t>(got));
  }
}

}  // namespace

TEST_CASE("a confined process can compute, take memory and speak through its one socket", "[confine]") {
  std::string said;
  const Death death = attempt("compute and speak", &said);
  CHECK(death.signal == 0);
  CHECK(death.exit_status == 0);
  CHECK(said == "here");
}

TEST_CASE("a confined process that tries anything else is killed by the kernel", "[confine]") {
  const std::string what = GENERATE(
      "open a file", "write a file", "look at a file", "remove a file", "make a socket", "make sockets",
      "start a process", "start a program", "make code", "turn data into code", "signal its parent",
      "signal another process", "trace its parent", "lift a limit", "change itself");
  CAPTURE(what);
  CHECK(attempt(what).signal == SIGSYS);
}

TEST_CASE("a confined process has no other descriptor, and no more memory than it was given", "[confine]") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const std::string what = GENERATE("write to standard error");  // memory is not bounded beside a sanitizer
#else
  const std::string what = GENERATE("write to standard error", "take memory");
#endif
  CAPTURE(what);
  const Death death = attempt(what);
  CHECK(death.signal == 0);
  CHECK(death.exit_status == 1);
}

TEST_CASE("a confined process that computes without end is killed", "[confine]") {
  CHECK(attempt("compute for ever").signal == SIGXCPU);
}
