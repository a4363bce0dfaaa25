// The key with which the gate seals, as the file holds it now: read anew when the file changed, so that a
// rotated key is in use from the next post on. Errors: whatever reading it gave; the post then waits.
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "adapters/os/files.h"
#include "adapters/sodium/keys.h"
#include "core/base/result.h"

namespace portavoz {

class SealSigner {
 public:
  explicit SealSigner(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] Result<std::shared_ptr<const SigningKey>> current();

 private:
  std::string path_;
  std::mutex mutex_;  // guards what follows
  FileVersion version_;
  std::shared_ptr<const SigningKey> key_;
};

}  // namespace portavoz
