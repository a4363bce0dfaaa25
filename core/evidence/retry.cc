#include "core/evidence/retry.h"

#include <algorithm>

namespace portavoz {

std::optional<Seconds> retry_delay(const FetchResult& fetched, int attempt) {
  if (attempt >= 3 || !retryable(fetched.outcome, fetched.http_status)) return std::nullopt;
  const Seconds own = attempt <= 1 ? Seconds(60) : Seconds(600);
  return std::max(own, fetched.retry_after.value_or(Seconds::zero()));  // the server's wish is at most a day
}

}  // namespace portavoz
