#include "core/evidence/retention.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace portavoz {

Removal to_remove(std::vector<StoredFile> files, const RetentionRules& rules, Instant now) {
  std::sort(files.begin(), files.end(), [](const StoredFile& a, const StoredFile& b) {
    return std::tie(a.used_ns, a.path) < std::tie(b.used_ns, b.path);
  });
  const std::chrono::nanoseconds oldest = (now - rules.kept).time_since_epoch();
  Removal out;
  for (const StoredFile& file : files) out.left += file.bytes;
  for (StoredFile& file : files) {
    if (file.in_use || (file.used_ns >= oldest.count() && out.left <= rules.budget)) continue;
    out.left -= file.bytes;
    out.paths.push_back(std::move(file.path));
  }
  return out;
}

}  // namespace portavoz
