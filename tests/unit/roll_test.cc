// The questions of core/policy/roll.h, asked of each roll that holds the same contents.
#include <functional>

#include "adapters/lmdb/roll_file.h"
#include "core/policy/memory_roll.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

const Instant noon{Seconds(1795500000)};
const std::string mark = "00112233445566778899aabbccddeeff";

RollContents contents() {
  RollContents all;
  all.lists = {{1,
                "avisos@listas.example",
                {"es", "en"},
                "admin@listas.example",
                {"avisos@listas.example", "avisos-es@listas.example"},
                false},
               {2, "isla@otra.example", {"es"}, "", {"isla@otra.example", "avisos@otra.example"}, true}};
  Designation norte{
      11, 21, "Asamblea Norte", "norte@example.org", {{"norte"}, {"example.org"}, false, false}};
  Designation sur{
      12, 22, "Asamblea Sur \xC3\xB1", "\"the board\"@example.org", {{"sur", "sur2"}, {}, true, true}, true};
  all.contacts = {{1, norte}, {1, sur}, {2, sur}};
  all.marks = {{1, mark}};
  all.seal_keys = {{"0123456789abcdef", std::string("\0\xff", 2) + std::string(30, 'k')}};
  all.last_word = noon;
  return all;
}

MailAddress address(const std::string& text) {
  auto parsed = MailAddress::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

// Runs the questions over both rolls.
void over_each_roll(const std::function<void(const Roll&)>& questions) {
  SECTION("in memory") { questions(MemoryRoll(contents())); }
  SECTION("on disk") {
    const TempDir dir;
    const auto file = RollFile::open(dir.path());
    REQUIRE(file);
    REQUIRE((*file)->replace(contents()));
    const auto roll = LmdbRoll::open(dir.path());
    REQUIRE(roll);
    questions(**roll);
  }
}

}  // namespace

TEST_CASE("a roll finds a list by each of its addresses", "[roll]") {
  over_each_roll([](const Roll& roll) {
    for (const char* known : {"avisos@listas.example", "avisos-es@listas.example"}) {
      CAPTURE(known);
      const auto list = roll.list_at(known);
      REQUIRE(list.found());
      CHECK(list.value().id == 1);
      CHECK(list.value().posting_address == "avisos@listas.example");
      CHECK(list.value().languages == std::vector<std::string>{"es", "en"});
      CHECK(list.value().admin_address == "admin@listas.example");
      CHECK(list.value().addresses.size() == 2);
      CHECK_FALSE(list.value().holds_unproven);
    }
    CHECK(roll.list_at("isla@otra.example").value().holds_unproven);
    for (const std::string& unknown :
         {std::string("avisos@example.org"), std::string("avisos"), std::string(),
          std::string("Avisos@listas.example"), std::string(10000, 'x')}) {
      CAPTURE(unknown.substr(0, 40));
      CHECK(roll.list_at(unknown).absent());
    }
  });
}

TEST_CASE("a roll finds a list by a local part; of two lists the first has it", "[roll]") {
  over_each_roll([](const Roll& roll) {
    CHECK(roll.list_with_local_part("avisos").value().id == 1);
    CHECK(roll.list_with_local_part("isla").value().id == 2);
    CHECK(roll.list_with_local_part("nobody").absent());
    CHECK(roll.list_with_local_part("").absent());
  });
}

TEST_CASE("a roll knows the domains of its lists", "[roll]") {
  over_each_roll([](const Roll& roll) {
    CHECK(roll.has_list_in("listas.example").value());
    CHECK(roll.has_list_in("otra.example").value());
    CHECK_FALSE(roll.has_list_in("example").value());
    CHECK_FALSE(roll.has_list_in("").value());
    CHECK_FALSE(roll.has_list_in(std::string(10000, 'x')).value());
  });
}

TEST_CASE("a roll finds a designation by list and address, with its proof", "[roll]") {
  over_each_roll([](const Roll& roll) {
    const auto norte = roll.designation(1, address("Norte@Example.ORG"));
    REQUIRE(norte.found());
    CHECK(norte.value().contact_id == 11);
    CHECK(norte.value().decision_id == 21);
    CHECK(norte.value().assembly == "Asamblea Norte");
    CHECK(norte.value().address == "norte@example.org");
    CHECK(norte.value().proof.logins == std::vector<std::string>{"norte"});
    CHECK(norte.value().proof.signing_domains == std::vector<std::string>{"example.org"});
    CHECK_FALSE(norte.value().proof.spf);
    CHECK_FALSE(norte.value().proof.shared);
    const auto sur = roll.designation(2, address("\"the board\"@example.org"));
    REQUIRE(sur.found());
    CHECK(sur.value().assembly == "Asamblea Sur \xC3\xB1");
    CHECK(sur.value().proof.logins == std::vector<std::string>{"sur", "sur2"});
    CHECK(sur.value().proof.signing_domains.empty());
    CHECK(sur.value().proof.spf);
    CHECK(sur.value().proof.shared);
    CHECK(sur.value().domain_gone);
    CHECK_FALSE(norte.value().domain_gone);
    CHECK(roll.designation(2, address("norte@example.org")).absent());
    CHECK(roll.designation(3, address("norte@example.org")).absent());
    CHECK(roll.designation(-1, address("norte@example.org")).absent());
  });
}

TEST_CASE("a roll knows what was posted to which list", "[roll]") {
  over_each_roll([](const Roll& roll) {
    CHECK(roll.was_posted(1, mark).value());
    CHECK_FALSE(roll.was_posted(2, mark).value());
    CHECK_FALSE(roll.was_posted(1, std::string(32, '0')).value());
    CHECK_FALSE(roll.was_posted(1, "").value());
    CHECK_FALSE(roll.was_posted(1, std::string(10000, '0')).value());
  });
}

TEST_CASE("a roll has the seal keys' 32 octets", "[roll]") {
  over_each_roll([](const Roll& roll) {
    CHECK(roll.seal_key("0123456789abcdef").value() == std::string("\0\xff", 2) + std::string(30, 'k'));
    CHECK(roll.seal_key("0123456789abcdee").absent());
    CHECK(roll.seal_key("").absent());
    CHECK(roll.seal_key(std::string(10000, 'a')).absent());
  });
}

TEST_CASE("a roll says when the register was last heard", "[roll]") {
  over_each_roll([](const Roll& roll) { CHECK(roll.last_word() == noon); });
}
