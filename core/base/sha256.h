// SHA-256 (FIPS 180-4) of octets that are all there: pure, and with one answer. Defined by adapters/sodium.
// Threads: any.
#pragma once

#include <string>
#include <string_view>

namespace portavoz {

[[nodiscard]] std::string sha256(std::string_view octets);  // 32 raw octets

}  // namespace portavoz
