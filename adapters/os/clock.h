// The one place that reads the clock. Everything else takes time as an argument.
// Units: whole seconds, UTC; milliseconds for the monotonic clock. Errors: none. Threads: safe from any.
#pragma once

#include "core/base/time.h"

namespace portavoz {

[[nodiscard]] Instant now();

// For deadlines: never set back, and of no meaning but in differences.
[[nodiscard]] Millis monotonic();

}  // namespace portavoz
