#include "core/mail/encoded_word.h"

#include <algorithm>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::string_view prefix = "=?UTF-8?Q?";
constexpr std::size_t max_word = 75;  // RFC 2047 §2, with delimiters

// RFC 2047 §4.2: blanks as '_', letters and digits as they are, the rest as =XX (safe in every place).
std::string encode_octet(char c) {
  if (c == ' ') return "_";
  if (is_ascii_alpha(c) || is_ascii_digit(c)) return std::string(1, c);
  std::string hex = to_hex(std::string_view(&c, 1));
  std::transform(hex.begin(), hex.end(), hex.begin(),
                 [](char digit) { return digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit; });
  return "=" + hex;
}

bool stands_as_it_is(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; }) &&
         text.find("=?") == std::string_view::npos;
}

}  // namespace

std::string encode_unstructured(std::string_view utf8) {
  if (stands_as_it_is(utf8)) return std::string(utf8);
  std::string value;
  std::string word(prefix);
  for (std::size_t at = 0; at < utf8.size();) {
    std::string character;  // RFC 2047 §5: no character is split between two words
    do {
      character += encode_octet(utf8[at++]);
    } while (at < utf8.size() && (static_cast<unsigned char>(utf8[at]) & 0xC0) == 0x80);
    if (word.size() + character.size() + 2 > max_word) {
      value += word + "?=\n ";
      word = prefix;
    }
    word += character;
  }
  return value + word + "?=";
}

}  // namespace portavoz
