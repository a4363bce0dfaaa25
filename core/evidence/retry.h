// When a check that could not read its page is made again. After the third attempt the failure itself is the
// report, so that an admin sees it; it says nothing about the address. Threads: safe from any.
#pragma once

#include <optional>

#include "core/base/time.h"
#include "core/net/fetch.h"

namespace portavoz {

// attempt: 1 for the first one. Nothing when this attempt is to be reported as it is.
[[nodiscard]] std::optional<Seconds> retry_delay(const FetchResult& fetched, int attempt);

}  // namespace portavoz
