#include "core/policy/guard.h"
#include "core/policy/memory_roll.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const Instant some_time{Seconds(1'800'000'000)};

MemoryRoll a_roll() {
  RollContents contents;
  contents.lists = {
      {1, "avisos@listas.example", {"es"}, "", {"avisos@listas.example", "todos@listas.example"}, false},
      {2, "news@other.example", {"en"}, "", {"news@other.example"}, false}};
  contents.last_word = some_time;
  return MemoryRoll(contents);
}

std::string hit(const std::optional<GuardHit>& found) { return found ? found->address : "not guarded"; }

}  // namespace

TEST_CASE("a recipient is guarded by what the mail server resolved, not by how it was written") {
  struct Row {
    const char* rcpt_addr;
    const char* list;
  };
  const auto row = GENERATE(values<Row>({
      {"avisos@listas.example", "avisos@listas.example"},
      {"AVISOS@Listas.Example", "avisos@listas.example"},
      {"\"avisos\"@listas.example", "avisos@listas.example"},
      {"todos@listas.example", "avisos@listas.example"},
      {"avisos", "avisos@listas.example"},
      {"avisos+unknown@listas.example", "avisos@listas.example"},
      {"avisos+sub@listas.example", "avisos@listas.example"},
      {"avisos+subscribe+x@listas.example", "avisos@listas.example"},
      {"avisos+confsub@listas.example", "avisos@listas.example"},
      {"avisos+subscribe@listas.example", "not guarded"},
      {"avisos+SUBSCRIBE@listas.example", "not guarded"},
      {"avisos+confsub-0123456789abcdef@listas.example", "not guarded"},
      {"avisos+bounces-7-reader=lectores.example@listas.example", "not guarded"},
      {"avisos-request@listas.example", "not guarded"},
      {"avisos@other.example", "not guarded"},
      {"news@listas.example", "not guarded"},
      {"+@listas.example", "not guarded"},
      {"lectora@lectores.example", "not guarded"},
  }));
  CAPTURE(row.rcpt_addr);
  CHECK(hit(guarded({"<whatever@was.written.example>", row.rcpt_addr}, a_roll(), {})) == row.list);
}

TEST_CASE("without the macro what goes to a list's domain is guarded by a list that nobody can name") {
  const auto roll = a_roll();
  const auto guess = guarded({"<avisos@listas.example.>", std::nullopt}, roll, {});
  REQUIRE(guess);
  CHECK_FALSE(guess->list.has_value());
  CHECK(guarded({"<anybody@listas.example>", std::nullopt}, roll, {}).has_value());
  CHECK_FALSE(guarded({"<anybody@lectores.example>", std::nullopt}, roll, {}).has_value());
  CHECK_FALSE(guarded({"<postmaster>", std::nullopt}, roll, {}).has_value());
}

TEST_CASE("while no roll was ever loaded only the configured addresses are guarded") {
  const NoRoll none;
  const std::vector<MailAddress> always{MailAddress::parse("avisos@listas.example").value()};
  for (const char* recipient :
       {"avisos@listas.example", "Avisos@listas.example", "avisos+x@listas.example", "avisos"}) {
    CAPTURE(recipient);
    const auto found = guarded({"", recipient}, none, always);
    REQUIRE(found);
    CHECK_FALSE(found->list.has_value());
    CHECK_FALSE(found->roll_loaded);
  }
  CHECK_FALSE(guarded({"", "avisos+help@listas.example"}, none, always));
  CHECK_FALSE(guarded({"", "lectora@lectores.example"}, none, always));
}

TEST_CASE("a command address belongs to its own list") {
  CHECK(is_command_address("avisos+subscribe@listas.example", "avisos@listas.example"));
  CHECK(is_command_address("Avisos+Subscribe@LISTAS.example", "avisos@listas.example"));
  CHECK_FALSE(is_command_address("avisos@listas.example", "avisos@listas.example"));
  CHECK_FALSE(is_command_address("avisos+anything@listas.example", "avisos@listas.example"));
  CHECK_FALSE(is_command_address("news+subscribe@listas.example", "avisos@listas.example"));
  CHECK_FALSE(is_command_address("avisos+subscribe@other.example", "avisos@listas.example"));
}
