#include "milter/seal_signer.h"

#include <utility>

#include "adapters/os/log.h"

namespace portavoz {

Result<std::shared_ptr<const SigningKey>> SealSigner::current() {
  const auto version = file_version(path_);
  if (!version) return version.error();
  const std::lock_guard lock(mutex_);
  if (key_ && version_ == *version) return key_;
  auto loaded = SigningKey::load(path_);
  if (!loaded && (!key_ || loaded.error().kind == ErrorKind::not_found)) return loaded.error();
  if (!loaded) {
    if (std::exchange(trouble_, loaded.error().what) != loaded.error().what)
      log_error("posts are still sealed with key " + key_->key_id() + ": " + trouble_);
    return key_;
  }
  trouble_.clear();
  key_ = std::make_shared<const SigningKey>(std::move(*loaded));
  version_ = *version;
  return key_;
}

}  // namespace portavoz
