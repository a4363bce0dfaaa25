// Time as a value. The core reads no clock: an Instant is always an argument. ::now() stands in adapters/os
// alone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace portavoz {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;
using Instant = std::chrono::time_point<std::chrono::system_clock, Seconds>;  // UTC, whole seconds

// 2026-11-23T09:00:00Z (RFC 3339)
[[nodiscard]] std::string to_rfc3339(Instant time);
// Exactly that form, in UTC; nothing for any other text.
[[nodiscard]] std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace portavoz
