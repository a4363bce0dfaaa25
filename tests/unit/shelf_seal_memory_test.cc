#include <filesystem>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "adapters/shelf/seal_memory.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

const Instant noon{Seconds(1795500000)};
const std::string nonce = "000102030405060708090a0b0c0d0e0f";

SealMemory open(const TempDir& dir) {
  auto memory = SealMemory::open(dir / "seals");
  REQUIRE(memory);
  return std::move(*memory);
}

SealUse use(SealMemory& memory, const std::string& queue_id, const std::string& of = nonce) {
  auto claim = memory.claim(of, noon, queue_id);
  REQUIRE(claim);
  return claim->use();
}

std::string record(const TempDir& dir) { return dir / ("seals/20781/" + nonce); }

}  // namespace

TEST_CASE("the queue id that took a seal may come again until it is posted, another one waits", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  CHECK(use(memory, "A") == SealUse::ours);
  CHECK(use(memory, "A") == SealUse::ours);
  CHECK(use(memory, "B") == SealUse::taken_elsewhere);
  {
    auto claim = memory.claim(nonce, noon, "A");
    REQUIRE(claim);
    REQUIRE(claim->mark_posted());
  }
  CHECK(use(memory, "A") == SealUse::posted);
  CHECK(use(memory, "B") == SealUse::posted);
  CHECK(memory.claim(nonce, noon, "B")->taken_by() == "A");
  CHECK(use(memory, "B", "ff0102030405060708090a0b0c0d0e0f") == SealUse::ours);
}

TEST_CASE("the memory outlives the process", "[memory]") {
  const TempDir dir;
  {
    SealMemory memory = open(dir);
    auto claim = memory.claim(nonce, noon, "A");
    REQUIRE(claim->mark_posted());
  }
  SealMemory again = open(dir);
  CHECK(use(again, "B") == SealUse::posted);
}

TEST_CASE("a record that a crash cut off counts as far as it goes", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  SECTION("taken was not finished: nobody has the seal yet") {
    REQUIRE(use(memory, "A") == SealUse::ours);
    test::write_all(record(dir), "taken A");
    CHECK(use(memory, "B") == SealUse::ours);
    CHECK(test::read_all(record(dir)) == "taken B\n");
  }
  SECTION("posted was not finished: it is still the first one's, who may finish it") {
    REQUIRE(use(memory, "A") == SealUse::ours);
    test::write_all(record(dir), "taken A\npost");
    CHECK(use(memory, "B") == SealUse::taken_elsewhere);
    {
      auto claim = memory.claim(nonce, noon, "A");
      REQUIRE(claim->use() == SealUse::ours);
      REQUIRE(claim->mark_posted());
    }
    CHECK(test::read_all(record(dir)) == "taken A\nposted\n");
  }
}

TEST_CASE("two deliveries of one post never hold its seal at the same time", "[memory]") {
  const TempDir dir;
  int go[2] = {-1, -1};
  REQUIRE(::pipe(go) == 0);
  const pid_t child =
      ::fork();  // before the claim: a lock of flock(2) is shared with whoever inherits its file
  REQUIRE(child >= 0);
  if (child == 0) {
    char octet = 0;
    auto own = SealMemory::open(dir / "seals");
    if (!own || ::read(go[0], &octet, 1) != 1) ::_exit(2);
    const auto mine = own->claim(nonce, noon, "A");  // waits for the parent
    ::_exit(mine && mine->use() == SealUse::posted ? 0 : 1);
  }
  {
    SealMemory memory = open(dir);
    auto claim = memory.claim(nonce, noon, "A");
    REQUIRE(claim);
    REQUIRE(::write(go[1], "g", 1) == 1);
    REQUIRE(claim->mark_posted());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);  // it saw "posted", never "ours"
  ::close(go[0]);
  ::close(go[1]);
}

TEST_CASE("seals that are expired anyway are forgotten by the day", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  REQUIRE(use(memory, "A") == SealUse::ours);
  test::write_all(dir / "seals/README", "not ours");
  REQUIRE(memory.forget_before(noon));
  CHECK(std::filesystem::exists(record(dir)));
  REQUIRE(memory.forget_before(noon + std::chrono::hours(24)));
  CHECK_FALSE(std::filesystem::exists(dir / "seals/20781"));
  CHECK(std::filesystem::exists(dir / "seals/README"));
}

TEST_CASE("a nonce or a queue id of another form is refused before it names a file", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  CHECK(memory.claim("../../../../../../../etc/passwd0", noon, "A").error().kind == ErrorKind::bad_input);
  CHECK(memory.claim("", noon, "A").error().kind == ErrorKind::bad_input);
  CHECK(memory.claim(nonce, noon, "").error().kind == ErrorKind::bad_input);
  CHECK(memory.claim(nonce, noon, "A\nposted").error().kind == ErrorKind::bad_input);
}
