#include "core/base/base64.h"

#include <array>
#include <cstdint>

namespace portavoz {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// What an octet is: 0 to 63 a digit of that value.
constexpr std::uint8_t blank = 64;
constexpr std::uint8_t padding = 65;
constexpr std::uint8_t other = 66;
constexpr auto kinds = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(other);
  for (std::uint8_t digit = 0; digit < alphabet.size(); ++digit)
    table[static_cast<unsigned char>(alphabet[digit])] = digit;
  for (const char c : std::string_view(" \t\r\n")) table[static_cast<unsigned char>(c)] = blank;
  table['='] = padding;
  return table;
}();

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string octets(text.size() / 4 * 3 + 3, '\0');  // at the most
  auto next = octets.begin();
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  unsigned paddings = 0;
  for (const char c : text) {
    const std::uint8_t kind = kinds[static_cast<unsigned char>(c)];
    if (kind == blank) continue;
    if (kind == padding && ++paddings <= 2) continue;
    if (kind > 63 || paddings > 0) return std::nullopt;  // padding stands at the end
    bits = bits << 6 | kind;
    if (++digits % 4 != 0) continue;
    for (const unsigned shift : {16U, 8U, 0U}) *next++ = static_cast<char>(bits >> shift & 0xFF);
  }
  // What is left are two digits for one octet, or three for two.
  const std::size_t left = digits % 4;
  if (left == 1) return std::nullopt;
  if (left >= 2) *next++ = static_cast<char>(bits >> (left == 2 ? 4 : 10) & 0xFF);
  if (left == 3) *next++ = static_cast<char>(bits >> 2 & 0xFF);
  octets.erase(next, octets.end());
  return octets;
}

std::string encode_base64(std::string_view octets) {
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const auto group = octets.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i > group.size() ? '=' : alphabet[bits >> (18 - 6 * i) & 0x3F];
  }
  return text;
}

}  // namespace portavoz
