#include "core/crawl/pace.h"

#include <algorithm>

#include "core/net/outcome.h"

namespace portavoz {
namespace {

constexpr Millis longest_pause{300'000};
constexpr Seconds longest_wait = std::chrono::hours(24);

}  // namespace

void Pace::crawl_delay(Millis delay) { pause_ = std::max(pause_, delay); }

void Pace::wait_until(Millis time) { free_at_ = std::max(free_at_, time); }

void Pace::ended(const FetchResult& fetched, Millis now) {
  busy_ = false;
  failures_ = troubled(fetched) ? failures_ + 1 : 0;
  const Millis doubled =
      failures_ == 0 ? pause_ : std::max(pause_, Millis(1000)) * (1 << std::min(failures_, 12));
  free_at_ = std::max(free_at_, now + std::min(doubled, std::max(longest_pause, pause_)));
  // RFC 9110 §10.2.3
  if (fetched.retry_after) free_at_ = std::max(free_at_, now + std::min(*fetched.retry_after, longest_wait));
}

bool troubled(const FetchResult& fetched) { return retryable(fetched.outcome, fetched.http_status); }

}  // namespace portavoz
