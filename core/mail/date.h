// The time of a Date field (RFC 5322 §3.3), with the obsolete forms of §4.3 that are still sent: comments and
// folds between the parts, years of two and three digits, zones by name.
//
//   date = [day-name ","] day month-name year hour ":" minute [":" second] zone
//
// The day of the week may be any of the seven: old mail programs get it wrong, and nothing hangs on it. A
// second 60 is the first one of the next minute (leap second). "-0000" and zones of unknown name count as UTC
// (§3.3, §4.3). Everything else is exact: a day that the month does not have, a missing zone, or text behind
// the zone gives nothing. Threads: pure.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/time.h"

namespace portavoz {

// `value` is the field's body as it stood in the message, folds included (LF or CRLF before white space).
[[nodiscard]] std::optional<Instant> parse_date(std::string_view value);

}  // namespace portavoz
