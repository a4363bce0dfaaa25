#include <set>

#include "core/evidence/retry.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

FetchResult failed(FetchOutcome outcome, int status = 0) {
  FetchResult result;
  result.outcome = outcome;
  result.http_status = status;
  return result;
}

}  // namespace

TEST_CASE("a look that failed for now is made twice more, later each time, and then reported") {
  const auto timeout = failed(FetchOutcome::timeout);
  for (std::int64_t check = 1; check <= 200; ++check) {
    const auto first = retry_delay(timeout, check, 1);
    const auto second = retry_delay(timeout, check, 2);
    REQUIRE((first && second));
    CHECK((*first >= Seconds(60) && *first <= Seconds(90)));
    CHECK((*second >= Seconds(600) && *second <= Seconds(900)));
    CHECK_FALSE(retry_delay(timeout, check, 3).has_value());
  }
  CHECK_FALSE(retry_delay(failed(FetchOutcome::http_error, 404), 1, 1).has_value());
  CHECK_FALSE(retry_delay(failed(FetchOutcome::robots_disallowed), 1, 1).has_value());
  CHECK(retry_delay(failed(FetchOutcome::robots_unreachable), 1, 1).has_value());
}

TEST_CASE("checks that failed together do not come back together, and the same one always waits the same") {
  std::set<Seconds> delays;
  for (std::int64_t check = 1; check <= 1000; ++check)
    delays.insert(*retry_delay(failed(FetchOutcome::timeout), check, 2));
  CHECK(delays.size() > 200);
  CHECK(retry_delay(failed(FetchOutcome::timeout), 7, 1) == retry_delay(failed(FetchOutcome::timeout), 7, 1));
}

TEST_CASE("nobody comes back before the time that a site asked for") {
  auto later = failed(FetchOutcome::retry_later, 503);
  later.retry_after = Seconds(7200);
  CHECK(*retry_delay(later, 1, 1) >= Seconds(7200));
}
