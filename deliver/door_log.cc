#include "deliver/door_log.h"

#include "adapters/os/log.h"
#include "core/base/text.h"

namespace portavoz {

void log_delivered(const std::string& who, const Delivered& delivered) {
  const std::string line = who + ": " + delivered.what;
  if (delivered.outcome == Outcome::handed_over)
    log_info(line);
  else
    log_warning(line);
}

void log_waiting(const std::string& who, const Error& why) {
  log_error(who + ": not delivered, it waits in the queue: " + on_one_line(why.what));
}

}  // namespace portavoz
