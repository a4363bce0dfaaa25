#include "core/crawl/pace.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

FetchResult ended(FetchOutcome outcome, int status = 200) {
  FetchResult result;
  result.outcome = outcome;
  result.http_status = status;
  return result;
}

}  // namespace

TEST_CASE("a host is left in peace for the pause after each request, and longer the more often it fails") {
  Pace pace(Millis(2000));
  CHECK(pace.free_at() == Millis(0));
  pace.began();
  CHECK(pace.busy());
  pace.ended(ended(FetchOutcome::ok), Millis(10'000));
  CHECK_FALSE(pace.busy());
  CHECK(pace.free_at() == Millis(12'000));
  pace.ended(ended(FetchOutcome::timeout), Millis(20'000));
  CHECK(pace.free_at() == Millis(24'000));
  pace.ended(ended(FetchOutcome::http_error, 500), Millis(30'000));
  CHECK(pace.free_at() == Millis(38'000));
  for (int i = 0; i < 40; ++i) pace.ended(ended(FetchOutcome::connect_failed, 0), Millis(40'000));
  CHECK(pace.free_at() == Millis(340'000));                           // five minutes at most
  pace.ended(ended(FetchOutcome::http_error, 404), Millis(400'000));  // it answers: no trouble
  CHECK(pace.free_at() == Millis(402'000));
}

TEST_CASE("Retry-After is waited for, a day at most") {
  Pace pace(Millis(1000));
  auto later = ended(FetchOutcome::retry_later, 503);
  later.retry_after = Seconds(7200);
  pace.ended(later, Millis(5000));
  CHECK(pace.free_at() == Millis(7'205'000));
  later.retry_after = std::chrono::hours(24 * 30);
  pace.ended(later, Millis(5000));
  CHECK(pace.free_at() == Millis(86'405'000));
}

TEST_CASE("a longer Crawl-delay lengthens the pause, a shorter one does not shorten it") {
  Pace pace(Millis(2000));
  pace.crawl_delay(Millis(10'000));
  pace.crawl_delay(Millis(1000));
  pace.ended(ended(FetchOutcome::ok), Millis(0));
  CHECK(pace.free_at() == Millis(10'000));
  pace.wait_until(Millis(50'000));
  CHECK(pace.free_at() == Millis(50'000));
  pace.wait_until(Millis(1));
  CHECK(pace.free_at() == Millis(50'000));
}
