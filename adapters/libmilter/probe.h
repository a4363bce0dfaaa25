// Whether a milter answers at a unix socket: the mail server's first packet, and the milter's answer to it.
// It needs no libmilter. Units: milliseconds. Errors: not_found (nothing there), forbidden, unavailable
// (nobody listens, or nothing that speaks the milter protocol answers in time). Threads: any.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

[[nodiscard]] Result<void> milter_answers(const std::string& socket, Millis time_out);

}  // namespace portavoz
