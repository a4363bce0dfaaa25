#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/shelf/seal_memory.h"
#include "core/policy/marks.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

const Instant noon{Seconds(1795500000)};
const std::string nonce = "000102030405060708090a0b0c0d0e0f";

constexpr Seconds lifetime = std::chrono::hours(144);
const std::string mark_a = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
const std::string mark_b = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";

SealMemory open(const TempDir& dir) {
  auto memory = SealMemory::open(dir / "seals", lifetime);
  REQUIRE(memory);
  return std::move(*memory);
}

PostKeys sealed(const std::string& of = nonce, std::vector<std::string> marks = {}) {
  return {of, noon, "avisos@listas.example", std::move(marks)};
}
PostKeys unsealed(std::vector<std::string> marks) { return sealed("", std::move(marks)); }

SealUse use(SealMemory& memory, const PostKeys& post, const std::string& queue_id, Instant now = noon) {
  auto claim = memory.claim(post, queue_id, now);
  REQUIRE(claim);
  return claim->use();
}
SealUse use(SealMemory& memory, const std::string& queue_id, const std::string& of = nonce) {
  return use(memory, sealed(of), queue_id);
}

void post(SealMemory& memory, const PostKeys& keys, const std::string& queue_id) {
  auto claim = memory.claim(keys, queue_id, noon);
  REQUIRE(claim);
  REQUIRE(claim->use() == SealUse::ours);
  REQUIRE(claim->mark_posted());
}

std::string record(const TempDir& dir) { return dir / ("seals/20781/" + nonce); }

// Every file of a mark changed at that moment, as far as the memory can see.
void set_time_of_marks(const TempDir& dir, Instant moment) {
  const struct timespec when[2] = {{moment.time_since_epoch().count(), 0},
                                   {moment.time_since_epoch().count(), 0}};
  for (const auto& entry : std::filesystem::directory_iterator(dir / "seals/marks"))
    REQUIRE(::utimensat(AT_FDCWD, entry.path().c_str(), when, 0) == 0);
}

std::size_t marks_kept(const TempDir& dir) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir / "seals/marks"))
    if (entry.path().filename().string().size() == 32) ++count;
  return count;
}

}  // namespace

TEST_CASE("the queue id that took a seal may come again until it is posted, another one waits", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  CHECK(use(memory, "A") == SealUse::ours);
  CHECK(use(memory, "A") == SealUse::ours);
  CHECK(use(memory, "B") == SealUse::taken_elsewhere);
  post(memory, sealed(), "A");
  CHECK(use(memory, "A") == SealUse::posted);
  CHECK(use(memory, "B") == SealUse::posted);
  CHECK(memory.claim(sealed(), "B", noon)->taken_by() == "A");
  CHECK(use(memory, "B", "ff0102030405060708090a0b0c0d0e0f") == SealUse::ours);
}

TEST_CASE("a signed post is known by each of its marks, under whatever seal or none it comes", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  const std::string second = "ff0102030405060708090a0b0c0d0e0f";
  CHECK(use(memory, sealed(nonce, {mark_a, mark_b}), "A") == SealUse::ours);
  CHECK(use(memory, unsealed({mark_b}), "B") == SealUse::taken_elsewhere);
  CHECK(use(memory, sealed(second, {mark_a}), "B") == SealUse::taken_elsewhere);
  post(memory, sealed(nonce, {mark_a, mark_b}), "A");
  CHECK(use(memory, unsealed({mark_b}), "B") == SealUse::posted);
  CHECK(use(memory, unsealed({mark_a}), "A") == SealUse::posted);
  CHECK(use(memory, sealed(second, {mark_b}), "B") == SealUse::posted);
  PostKeys elsewhere = unsealed({mark_a, mark_b});
  elsewhere.list = "otra@listas.example";
  CHECK(use(memory, elsewhere, "B") == SealUse::ours);
}

TEST_CASE("a post that must wait takes nothing meanwhile", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  CHECK(use(memory, unsealed({mark_b}), "A") == SealUse::ours);
  CHECK(use(memory, sealed(nonce, {mark_a, mark_b}), "B") == SealUse::taken_elsewhere);
  CHECK(use(memory, unsealed({mark_a}), "C") == SealUse::ours);
}

TEST_CASE("what a crash left half taken or half posted is finished by the same queue id", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  const PostKeys both = sealed(nonce, {mark_a});
  SECTION("the nonce was taken, the mark not") {
    REQUIRE(use(memory, sealed(), "A") == SealUse::ours);
    CHECK(use(memory, both, "B") == SealUse::taken_elsewhere);
    CHECK(use(memory, both, "A") == SealUse::ours);
  }
  SECTION("the nonce was posted, the mark not: it is marked when the same delivery comes again") {
    REQUIRE(use(memory, both, "A") == SealUse::ours);
    test::write_all(record(dir), "taken A\nposted\n");
    CHECK(use(memory, unsealed({mark_a}), "B") == SealUse::taken_elsewhere);
    CHECK(use(memory, both, "A") == SealUse::posted);
    CHECK(use(memory, unsealed({mark_a}), "B") == SealUse::posted);
  }
}

TEST_CASE("a mark that was taken by a message that no server has any more is free again", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  REQUIRE(use(memory, unsealed({mark_a}), "A") == SealUse::ours);
  set_time_of_marks(dir, noon);
  CHECK(use(memory, unsealed({mark_a}), "B", noon + lifetime) == SealUse::taken_elsewhere);
  CHECK(use(memory, unsealed({mark_a}), "B", noon + lifetime + Seconds(1)) == SealUse::ours);
  set_time_of_marks(dir, noon);
  post(memory, unsealed({mark_a}), "B");
  set_time_of_marks(dir, noon);
  CHECK(use(memory, unsealed({mark_a}), "C", noon + 2 * lifetime) == SealUse::posted);
}

TEST_CASE("marks are forgotten after their thirty days, looked through once a day", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  post(memory, unsealed({mark_a}), "A");
  set_time_of_marks(dir, noon);
  REQUIRE(memory.forget_old(noon + mark_lifetime));
  CHECK(marks_kept(dir) == 1);
  REQUIRE(memory.forget_old(noon + mark_lifetime + Seconds(1)));  // the same day
  CHECK(marks_kept(dir) == 1);
  {
    const auto claim = memory.claim(unsealed({mark_a}), "A", noon);
    REQUIRE(memory.forget_old(noon + mark_lifetime + std::chrono::hours(24)));
    CHECK(marks_kept(dir) == 1);  // somebody is using it
  }
  REQUIRE(memory.forget_old(noon + mark_lifetime + std::chrono::hours(48)));
  CHECK(marks_kept(dir) == 0);
}

TEST_CASE("the memory outlives the process", "[memory]") {
  const TempDir dir;
  {
    SealMemory memory = open(dir);
    post(memory, sealed(nonce, {mark_a}), "A");
  }
  SealMemory again = open(dir);
  CHECK(use(again, "B") == SealUse::posted);
  CHECK(use(again, unsealed({mark_a}), "B") == SealUse::posted);
}

TEST_CASE("a record that a crash cut off counts as far as it goes", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  REQUIRE(use(memory, "A") == SealUse::ours);
  SECTION("taken was not finished: nobody has the seal yet") {
    test::write_all(record(dir), "taken A");
    CHECK(use(memory, "B") == SealUse::ours);
    CHECK(test::read_all(record(dir)) == "taken B\n");
  }
  SECTION("posted was not finished: it is still the first one's, who may finish it") {
    test::write_all(record(dir), "taken A\npost");
    CHECK(use(memory, "B") == SealUse::taken_elsewhere);
    post(memory, sealed(), "A");
    CHECK(test::read_all(record(dir)) == "taken A\nposted\n");
  }
}

TEST_CASE("two deliveries of one post never hold its seal or its marks at the same time", "[memory]") {
  const TempDir dir;
  const PostKeys keys = GENERATE(sealed(), unsealed({mark_b, mark_a}), sealed(nonce, {mark_a, mark_b}));
  int go[2] = {-1, -1};
  REQUIRE(::pipe(go) == 0);
  const pid_t child =
      ::fork();  // before the claim: a lock of flock(2) is shared with whoever inherits its file
  REQUIRE(child >= 0);
  if (child == 0) {
    char octet = 0;
    auto own = SealMemory::open(dir / "seals", lifetime);
    if (!own || ::read(go[0], &octet, 1) != 1) ::_exit(2);
    const auto mine = own->claim(keys, "A", noon);  // waits for the parent
    ::_exit(mine && mine->use() == SealUse::posted ? 0 : 1);
  }
  {
    SealMemory memory = open(dir);
    auto claim = memory.claim(keys, "A", noon);
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
  REQUIRE(memory.forget_old(noon + lifetime));
  CHECK(std::filesystem::exists(record(dir)));
  REQUIRE(memory.forget_old(noon + lifetime + std::chrono::hours(25)));
  CHECK_FALSE(std::filesystem::exists(dir / "seals/20781"));
  CHECK(std::filesystem::exists(dir / "seals/README"));
}

TEST_CASE("a nonce, a mark or a queue id of another form is refused before it names a file", "[memory]") {
  const TempDir dir;
  SealMemory memory = open(dir);
  const auto refused = [&](const PostKeys& keys, const std::string& queue_id) {
    const auto claim = memory.claim(keys, queue_id, noon);
    return !claim && claim.error().kind == ErrorKind::bad_input;
  };
  CHECK(refused(sealed("../../../../../../../etc/passwd0"), "A"));
  CHECK(refused(unsealed({"../../../../../../../etc/passwd0"}), "A"));
  CHECK(refused(unsealed({}), "A"));
  CHECK(refused(sealed(), ""));
  CHECK(refused(sealed(), "A\nposted"));
}
