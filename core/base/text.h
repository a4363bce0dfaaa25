// Small functions on ASCII text. None of them asks the locale: RFC 5321 §2.4 and RFC 5322 compare ASCII only,
// and the answer must be the same on every host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portavoz {

[[nodiscard]] constexpr bool is_ascii_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool is_ascii(std::string_view text);
[[nodiscard]] bool ascii_iequals(std::string_view a, std::string_view b);
[[nodiscard]] bool ascii_istarts_with(std::string_view text, std::string_view prefix);

// Without leading and trailing space, tab, CR and LF.
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

// The whole text as a decimal number, without sign or blanks; nothing when it is not one or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text);

// True for well-formed UTF-8 (RFC 3629 §4: no overlong form, no surrogate, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

// The text with U+FFFD for every octet that belongs to no well-formed character.
[[nodiscard]] std::string well_formed_utf8(std::string_view text);

// The text with every octet that is not printable ASCII replaced by '?', for logs and SMTP replies.
[[nodiscard]] std::string printable_ascii(std::string_view text);

// A message of several lines as one, for what takes one line: `first; second`.
[[nodiscard]] std::string on_one_line(std::string_view text);

[[nodiscard]] std::string to_hex(std::string_view octets);
// Nothing for a text that is not pairs of hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

// How alike two short words are, for "did you mean": the number of insertions, deletions, substitutions and
// swaps of neighbours between them (optimal string alignment).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace portavoz
