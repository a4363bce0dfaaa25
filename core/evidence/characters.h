// The characters of UTF-8 as far as reading addresses and words in running text needs them. Threads: pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "core/base/text.h"

namespace portavoz {

[[nodiscard]] constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The code point that begins at `at` in well-formed UTF-8, and its length.
struct CodePoint {
  char32_t value;
  std::size_t length;
};

[[nodiscard]] inline CodePoint code_point(std::string_view text, std::size_t at) {
  const auto octet = [&](std::size_t i) {
    return static_cast<unsigned char>(i < text.size() ? text[i] : '\0');
  };
  const unsigned lead = octet(at);
  if (lead < 0x80U) return {lead, 1};
  const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  char32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) value = (value << 6U) | (octet(at + i) & 0x3FU);
  return {value, std::min(length, text.size() - at)};
}

// Where the character before `at` begins. Precondition: at > 0.
[[nodiscard]] inline std::size_t start_before(std::string_view text, std::size_t at) {
  do --at;
  while (at > 0 && is_continuation(text[at]));
  return at;
}

[[nodiscard]] inline std::size_t characters_in(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return !is_continuation(c); }));
}

// Beyond ASCII, letters of scripts with word spaces continue a word. From U+2000 on stand punctuation,
// symbols and the scripts without word spaces: there an ASCII address ends. Thai, Lao, Khmer and Burmese have
// no word spaces either, but letters that nobody writes into an address.
[[nodiscard]] inline bool continues_word(char32_t c) {
  if (c < 0x80) return is_ascii_alpha(static_cast<char>(c)) || is_ascii_digit(static_cast<char>(c));
  return c >= 0xC0 && c < 0x2000 && c != 0xD7 && c != 0xF7;
}

// Scripts that do not part their words with blanks.
[[nodiscard]] inline bool is_unparted(char32_t c) {
  return (c >= 0x0E00 && c < 0x0F00) || (c >= 0x1000 && c < 0x10A0) || (c >= 0x1780 && c < 0x1800) ||
         c >= 0x2E80;
}

}  // namespace portavoz
