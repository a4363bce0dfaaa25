// SHA-256 (FIPS 180-4) by pieces, and random text, by libsodium; the hash in one go is core/base/sha256.h.
// Errors: none; a library that cannot start (no entropy) ends the process. Threads: one object, one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/sha256.h"

namespace portavoz {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view octets);
  [[nodiscard]] std::string finish();  // 32 raw octets; ready for the next message afterwards

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// That many random octets as twice as many lower-case hexadecimal digits.
[[nodiscard]] std::string random_hex(std::size_t octets);

}  // namespace portavoz
