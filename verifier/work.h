// The verifier's work: claim due checks, examine each, leave a report or postpone, wait for the next. It can
// write reports and nothing else (its database role sees to that). A register that is away is waited for; a
// check that was examined meanwhile is reported as soon as it is back. Threads: runs in the caller's; `stop`
// may be asked for from any.
#pragma once

#include <stop_token>
#include <string>

#include "core/base/result.h"
#include "verifier/check_queue.h"
#include "verifier/examiner.h"

namespace portavoz {

// Until stop is asked for. What was claimed and not begun by then is given back.
void work(CheckQueue& queue, Examiner& examiner, const std::stop_token& stop);

// Everything that is due now, and no more. Error: the register is away or refuses us.
[[nodiscard]] Result<void> work_once(CheckQueue& queue, Examiner& examiner, const std::stop_token& stop);

}  // namespace portavoz
