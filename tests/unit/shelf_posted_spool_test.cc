#include <string>
#include <utility>
#include <vector>

#include "adapters/shelf/posted_spool.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

using Sent = std::vector<std::pair<std::string, std::vector<std::string>>>;

PostedSpool open(const TempDir& dir) {
  auto spool = PostedSpool::open(dir / "unsent");
  REQUIRE(spool);
  return std::move(*spool);
}

Sent all_of(PostedSpool& spool) {
  Sent sent;
  REQUIRE(spool.flush([&](const auto& list, const auto& marks) {
    sent.emplace_back(list, marks);
    return Result<void>();
  }));
  return sent;
}

const Error away{ErrorKind::unavailable, "away"};

}  // namespace

TEST_CASE("what the register has yet to hear is sent once, by whoever comes next", "[spool]") {
  const TempDir dir;
  {
    PostedSpool spool = open(dir);
    REQUIRE(spool.put("avisos@listas.example", {"00", "11"}));
    REQUIRE(spool.put("otra@listas.example", {"22"}));
    REQUIRE(spool.put("otra@listas.example", {"22"}));
  }
  PostedSpool spool = open(dir);
  const Sent sent = all_of(spool);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].second.size() + sent[1].second.size() == 3);
  const auto& first = sent[0].second.size() == 2 ? sent[0] : sent[1];
  CHECK(first.first == "avisos@listas.example");
  CHECK(first.second == std::vector<std::string>{"00", "11"});
  CHECK(all_of(spool).empty());
}

TEST_CASE("what is put while somebody else sends is sent by them", "[spool]") {
  const TempDir dir;
  PostedSpool first = open(dir);
  PostedSpool second = open(dir);
  REQUIRE(first.put("avisos@listas.example", {"00"}));
  std::vector<std::string> sent;
  REQUIRE(first.flush([&](const auto&, const auto& marks) {
    if (sent.empty()) {
      REQUIRE(second.put("avisos@listas.example", {"11"}));
      CHECK(all_of(second).empty());
    }
    sent.push_back(marks.front());
    return Result<void>();
  }));
  CHECK(sent == std::vector<std::string>{"00", "11"});
  CHECK(all_of(second).empty());
}

TEST_CASE("who sends does not go on for ever while others come", "[spool]") {
  const TempDir dir;
  PostedSpool spool = open(dir);
  REQUIRE(spool.put("avisos@listas.example", {"0"}));
  int sent = 0;
  REQUIRE(spool.flush([&](const auto&, const auto&) {
    REQUIRE(++sent < 100);
    REQUIRE(spool.put("avisos@listas.example", {std::to_string(sent)}));
    return Result<void>();
  }));
  CHECK(all_of(spool).size() == 1);
}

TEST_CASE("while the register is away everything stays", "[spool]") {
  const TempDir dir;
  PostedSpool spool = open(dir);
  REQUIRE(spool.put("avisos@listas.example", {"00"}));
  REQUIRE(spool.put("avisos@listas.example", {"11"}));
  int tried = 0;
  const auto done = spool.flush([&](const auto&, const auto&) {
    ++tried;
    return Result<void>(away);
  });
  REQUIRE_FALSE(done);
  CHECK(done.error().what == "away");
  CHECK(tried == 1);
  CHECK(all_of(spool).size() == 2);
}

TEST_CASE("what the register will never take holds nothing else up", "[spool]") {
  const TempDir dir;
  PostedSpool spool = open(dir);
  REQUIRE(spool.put("gone@listas.example", {"00"}));
  REQUIRE(spool.put("avisos@listas.example", {"11"}));
  int taken = 0;
  const auto done = spool.flush([&](const std::string& list, const auto&) {
    if (list == "gone@listas.example") return Result<void>(Error{ErrorKind::not_found, "no such list"});
    ++taken;
    return Result<void>();
  });
  REQUIRE_FALSE(done);
  CHECK(done.error().what == "no such list");
  CHECK(taken == 1);
  CHECK(all_of(spool).empty());
}

TEST_CASE("two do not send at the same time", "[spool]") {
  const TempDir dir;
  PostedSpool spool = open(dir);
  PostedSpool other = open(dir);
  REQUIRE(spool.put("avisos@listas.example", {"00"}));
  std::size_t sent_by_other = 1;
  REQUIRE(spool.flush([&](const auto&, const auto&) {
    sent_by_other = all_of(other).size();
    return Result<void>();
  }));
  CHECK(sent_by_other == 0);
}

TEST_CASE("a spool that cannot be written is an error, and an unfinished write is none of its posts",
          "[spool]") {
  const TempDir dir;
  CHECK_FALSE(PostedSpool::open(dir / "nowhere/unsent"));
  PostedSpool spool = open(dir);
  test::write_all(dir / "unsent/00112233445566778899aabbccddeeff.tmp", "avisos");
  CHECK(all_of(spool).empty());
}
