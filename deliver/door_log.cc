#include "deliver/door_log.h"

#include "adapters/os/log.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

// The mistakes of a configuration file come one a line; the log takes one line.
std::string on_one_line(std::string_view text) {
  std::string line(trim(text));
  for (std::size_t at = 0; (at = line.find('\n', at)) != std::string::npos;) line.replace(at, 1, "; ");
  return line;
}

}  // namespace

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
