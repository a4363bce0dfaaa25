// What became of a message at the door, as one line of the log. Threads: any.
#pragma once

#include <string>

#include "core/base/result.h"
#include "deliver/visit.h"

namespace portavoz {

// `who`: "QUEUE-ID to RECIPIENT".
void log_delivered(const std::string& who, const Delivered& delivered);
void log_waiting(const std::string& who, const Error& why);

}  // namespace portavoz
