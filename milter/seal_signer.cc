#include "milter/seal_signer.h"

namespace portavoz {

Result<std::shared_ptr<const SigningKey>> SealSigner::current() {
  const auto version = file_version(path_);
  if (!version) return version.error();
  const std::lock_guard lock(mutex_);
  if (key_ && version_ == *version) return key_;
  auto loaded = SigningKey::load(path_);
  if (!loaded) return loaded.error();
  key_ = std::make_shared<const SigningKey>(std::move(*loaded));
  version_ = *version;
  return key_;
}

}  // namespace portavoz
