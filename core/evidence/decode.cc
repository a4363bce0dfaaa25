#include "core/evidence/decode.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/characters.h"

namespace portavoz {
namespace {

constexpr std::size_t longest_reference = 10;  // "&#x10FFFF;"

bool is_character(std::uint32_t c) { return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF); }

constexpr std::array<std::pair<std::string_view, char>, 11> named{{{"commat", '@'},
                                                                   {"period", '.'},
                                                                   {"lowbar", '_'},
                                                                   {"hyphen", '-'},
                                                                   {"dash", '-'},
                                                                   {"plus", '+'},
                                                                   {"colon", ':'},
                                                                   {"lt", '<'},
                                                                   {"gt", '>'},
                                                                   {"quot", '"'},
                                                                   {"amp", '&'}}};

// What stands between '&' and ';'. 0 for what is no reference that we know.
std::uint32_t code_point_of(std::string_view name) {
  if (!name.starts_with('#')) {
    const auto* const found =
        std::find_if(named.begin(), named.end(), [&](const auto& each) { return each.first == name; });
    return found == named.end() ? 0 : static_cast<std::uint32_t>(found->second);
  }
  const bool hex = name.size() > 1 && ascii_lower(name[1]) == 'x';
  const auto digits = name.substr(hex ? 2 : 1);
  std::uint32_t value = 0;
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  const bool whole = problem == std::errc() && end == digits.data() + digits.size();
  return whole && is_character(value) ? value : 0;
}

char moved(char c, char first, char last, int offset) {
  const int size = last - first + 1;
  return static_cast<char>(first + ((c - first + offset) % size + size) % size);
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = text[i] == '%' && i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    out += octet ? octet->front() : text[i];
    if (octet) i += 2;
  }
  return out;
}

void append_character(std::string& utf8, std::uint32_t c) {
  if (c == 0 || !is_character(c)) c = 0xFFFD;
  const auto tail = [&](unsigned shift) { utf8 += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
  if (c < 0x80) {
    utf8 += static_cast<char>(c);
  } else if (c < 0x800) {
    utf8 += static_cast<char>(0xC0U | (c >> 6U));
    tail(0);
  } else if (c < 0x10000) {
    utf8 += static_cast<char>(0xE0U | (c >> 12U));
    tail(6);
    tail(0);
  } else {
    utf8 += static_cast<char>(0xF0U | (c >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string references_resolved(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto ampersand = std::min(text.find('&'), text.size());
    out += text.substr(0, ampersand);
    text.remove_prefix(ampersand);
    if (text.empty()) break;
    const auto end = text.substr(0, longest_reference).find(';');
    const std::uint32_t c = end == std::string_view::npos ? 0 : code_point_of(text.substr(1, end - 1));
    if (c == 0) {
      out += '&';
      text.remove_prefix(1);
    } else {
      append_character(out, c);
      text.remove_prefix(end + 1);
    }
  }
  return out;
}

std::string rot13(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = moved(c, 'a', 'z', 13);
    if (c >= 'A' && c <= 'Z') c = moved(c, 'A', 'Z', 13);
  }
  return out;
}

std::string reversed(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (std::size_t end = utf8.size(); end > 0;) {
    const std::size_t start = start_before(utf8, end);
    out += utf8.substr(start, end - start);
    end = start;
  }
  return out;
}

std::optional<std::string> xor_decoded(std::string_view hex) {
  const auto octets = from_hex(hex);
  if (!octets || octets->size() < 2) return std::nullopt;
  std::string out = octets->substr(1);
  for (char& c : out) c = static_cast<char>(c ^ octets->front());
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

std::string shifted(std::string_view text, int offset) {
  std::string out(text);
  for (char& c : out) {
    if (c >= '+' && c <= ':') {
      c = moved(c, '+', ':', offset);
    } else if (c >= '@' && c <= 'Z') {
      c = moved(c, '@', 'Z', offset);
    } else if (c >= 'a' && c <= 'z') {
      c = moved(c, 'a', 'z', offset);
    }
  }
  return out;
}

std::string unshifted_mailto(std::string_view text) {
  constexpr int letters = 26;
  for (int offset = -letters; offset <= letters; ++offset)
    if (std::string link = shifted(text, offset); ascii_istarts_with(link, "mailto:")) return link;
  return {};
}

}  // namespace portavoz
