// EvidenceStore: the octets of every page that was read, once each, named by their SHA-256 so that a report's
// hash finds them and nobody can change them unseen: DIRECTORY/ab/ab12…. A file is whole or not there. It
// deletes nothing. Errors: those of adapters/os/files.h. Threads: safe from any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/json/finding_json.h"
#include "core/base/result.h"

namespace portavoz {

class EvidenceStore {
 public:
  explicit EvidenceStore(std::string directory) : directory_(std::move(directory)) {}

  [[nodiscard]] Result<KeptBody> keep(std::string_view octets) const;
  // The octets with this hash (hexadecimal); nothing when this host does not have them, or not unharmed.
  [[nodiscard]] std::optional<std::string> find(std::string_view sha256_hex) const;

 private:
  std::string directory_;
};

}  // namespace portavoz
