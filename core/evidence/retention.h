// Which evidence goes: what is in use stays, whatever its age; the rest goes once it was kept for its time,
// and oldest first as long as all of it together is past the budget. A revisit and the response that it
// refers to go in this order, because whoever writes or reads the one marks the other as used later. It
// removes nothing itself. Units: octets; nanoseconds since 1970-01-01 UTC. Errors: none. Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.h"

namespace portavoz {

struct StoredFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t used_ns = 0;  // when it was written, or last needed
  bool in_use = false;
};

struct RetentionRules {
  std::uint64_t budget = 0;
  Seconds kept{0};
};

struct Removal {
  std::vector<std::string> paths;  // the oldest first
  std::uint64_t left = 0;          // octets of what stays
};

[[nodiscard]] Removal to_remove(std::vector<StoredFile> files, const RetentionRules& rules, Instant now);

}  // namespace portavoz
