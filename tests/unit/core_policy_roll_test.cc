// How long a roll's word counts, and who stands behind a designation.
#include "core/policy/roll.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const Instant noon{Seconds(1'800'000'000)};
const Seconds max_age{3600};

LastWord of_roster(std::optional<Instant> valid_until) {
  LastWord word(noon);
  word.of_roster = true;
  word.valid_until = valid_until;
  return word;
}

}  // namespace

TEST_CASE("the register's word counts as long as the roll may be old", "[roll]") {
  CHECK_FALSE(expired(noon, max_age, noon));
  CHECK_FALSE(expired(noon, max_age, noon + max_age));
  CHECK(expired(noon, max_age, noon + max_age + Seconds(1)) == "the roll is too old");
}

TEST_CASE("a roster has no age", "[roll]") {
  CHECK_FALSE(expired(of_roster({}), max_age, noon + 1000 * max_age));
  CHECK_FALSE(expired(of_roster({}), Seconds(0), noon + Seconds(1)));
}

TEST_CASE("a roster that says until when counts until then", "[roll]") {
  const Instant end = noon + Seconds(10);
  CHECK_FALSE(expired(of_roster(end), Seconds(0), end - Seconds(1)));
  CHECK(expired(of_roster(end), max_age, end) == "the roster was valid until 2027-01-15T08:00:10Z");
  CHECK(expired(of_roster(noon - max_age), max_age, noon));
}

TEST_CASE("a designation without a decision is the roster's", "[roll]") {
  CHECK(by_whom({1, 12, "", "", {}}) == "decision 12");
  CHECK(by_whom({1, 0, "", "", {}}) == "the roster");
}
