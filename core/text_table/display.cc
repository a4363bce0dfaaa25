#include "core/text_table/display.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace portavoz {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Range {
  char32_t first;
  char32_t last;
};

// Combining marks, joiners and variation selectors of the scripts that are common in mail.
constexpr std::array<Range, 20> no_cell = {{
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x06D6, 0x06DC}, {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200B, 0x200F}, {0x2060, 0x2064}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
}};

// East Asian Width W and F (Unicode UAX 11), by block, and the emoji that terminals draw in two cells.
constexpr std::array<Range, 12> two_cells = {{
    {0x1100, 0x115F},
    {0x2E80, 0x303E},
    {0x3041, 0xA4CF},
    {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F},
    {0x1F900, 0x1F9FF},
    {0x20000, 0x3FFFD},
}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

struct Character {
  char32_t code = 0;
  std::size_t octets = 1;
  bool well_formed = false;
};

// The character at the start of a text that is not empty (RFC 3629 §4).
Character first_character(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = octet(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t octets = lead >= 0xF0 ? 4U : lead >= 0xE0 ? 3U : 2U;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < octets) return {};
  char32_t code = lead & (0xFFU >> (octets + 1));
  for (std::size_t i = 1; i < octets; ++i) {
    if ((octet(i) & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (octet(i) & 0x3FU);
  }
  const bool overlong = (octets == 3 && code < 0x800) || (octets == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, octets, true};
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029; }

// The marks, embeddings, overrides and isolates of the bidirectional algorithm (Unicode UAX 9 §2).
bool steers_direction(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

std::size_t cells(char32_t c) {
  if (c < 0x0300) return 1;
  if (in(no_cell, c)) return 0;
  return in(two_cells, c) ? 2 : 1;
}

// How many octets of the line fit into `width` cells: at least one character, with the marks that combine
// with it.
std::size_t octets_that_fit(std::string_view line, std::size_t width) {
  std::size_t octets = 0;
  std::size_t used = 0;
  while (octets < line.size()) {
    const Character character = first_character(line.substr(octets));
    const std::size_t wide = cells(character.code);
    if (octets > 0 && used + wide > width) break;
    used += wide;
    octets += character.octets;
  }
  return octets;
}

void wrap_line(std::string_view line, std::size_t width, std::vector<std::string>& out) {
  while (display_width(line) > width) {
    std::size_t end = octets_that_fit(line, width);
    std::size_t next = end;
    // The last blank that the line reaches; a blank right behind the width is a good place too.
    const std::size_t blank = line.substr(0, end + 1).find_last_of(' ');
    if (blank != std::string_view::npos && line.find_first_not_of(' ') < blank) {
      end = blank;
      next = blank + 1;
    }
    out.emplace_back(line.substr(0, end));
    line.remove_prefix(next);
  }
  out.emplace_back(line);
}

}  // namespace

std::string screen_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.code == '\n') {
      out += '\n';
    } else if (!character.well_formed || steers_direction(character.code)) {
      out += replacement;
    } else if (is_control(character.code)) {
      out += ' ';
    } else {
      out += text.substr(0, character.octets);
    }
    text.remove_prefix(character.octets);
  }
  return out;
}

std::size_t display_width(std::string_view line) {
  std::size_t width = 0;
  while (!line.empty()) {
    const Character character = first_character(line);
    width += cells(character.code);
    line.remove_prefix(character.octets);
  }
  return width;
}

std::vector<std::string> wrap_text(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (;;) {
    const std::size_t end = text.find('\n', start);
    wrap_line(text.substr(start, end - start), std::max<std::size_t>(width, 1), lines);
    if (end == std::string_view::npos) return lines;
    start = end + 1;
  }
}

}  // namespace portavoz
