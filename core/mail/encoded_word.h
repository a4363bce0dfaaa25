// Text as the value of an unstructured header field: as it stands when it is plain ASCII, else in encoded
// words (RFC 2047 §2, Q encoding, UTF-8), folded so that no line is longer than 76 octets. Threads: pure.
#pragma once

#include <string>
#include <string_view>

namespace portavoz {

[[nodiscard]] std::string encode_unstructured(std::string_view utf8);

}  // namespace portavoz
