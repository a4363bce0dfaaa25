#include "adapters/os/clock.h"

namespace portavoz {

Instant now() { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); }

Millis monotonic() {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace portavoz
