// The key with which the gate seals, as the file holds it now: read anew when the file changed, so that a
// rotated key is in use from the next post on. A file that holds no key, and one that may not be read, leave
// the key that was read before in use, and the log says so; a file that was taken away does not: nothing is
// sealed without it. Errors: whatever reading it gave; the post then waits. Threads: any.
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
  std::string trouble_;  // what the log heard of a file that holds no key
};

}  // namespace portavoz
