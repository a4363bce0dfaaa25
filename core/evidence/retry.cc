#include "core/evidence/retry.h"

#include <algorithm>

namespace portavoz {
namespace {

// The finalizer of SplitMix64: neighbours come out far apart.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

Seconds jittered(Seconds delay, std::int64_t check, int look) {
  const auto seed =
      static_cast<std::uint64_t>(check) * 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(look);
  const auto most = static_cast<std::uint64_t>(delay.count() / 2);
  return delay + Seconds(mixed(seed) % (most + 1));
}

}  // namespace

std::optional<Seconds> retry_delay(const FetchResult& fetched, std::int64_t check, int look) {
  if (look >= 3 || !retryable(fetched.outcome, fetched.http_status)) return std::nullopt;
  const Seconds own = look <= 1 ? Seconds(60) : Seconds(600);
  // The server's wish is at most a day; nobody comes before it.
  return jittered(std::max(own, fetched.retry_after.value_or(Seconds::zero())), check, look);
}

}  // namespace portavoz
