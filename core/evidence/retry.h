// When a check that could not read its page is made again. After the third attempt the failure itself is the
// report, so that an admin sees it; it says nothing about the address. Threads: safe from any.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.h"
#include "core/net/fetch.h"

namespace portavoz {

// look: 1 for the first one. Nothing when this look is to be reported as it is. Up to half of the delay is
// added by a hash of check and look, so that what failed together does not come back together.
[[nodiscard]] std::optional<Seconds> retry_delay(const FetchResult& fetched, std::int64_t check, int look);

}  // namespace portavoz
