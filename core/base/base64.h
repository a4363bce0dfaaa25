// base64 (RFC 4648 §4), read and written. Threads: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portavoz {

// The octets; nothing when there is another character than base64's. Blanks and line ends do not count, and
// padding may be missing (RFC 6376 §2.10).
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

// With padding, in one line.
[[nodiscard]] std::string encode_base64(std::string_view octets);

}  // namespace portavoz
