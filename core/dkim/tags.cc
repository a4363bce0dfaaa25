#include "core/dkim/tags.h"

#include <algorithm>
#include <cstdint>

#include "core/base/text.h"

namespace portavoz {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_tag_name(std::string_view name) {
  return !name.empty() && is_ascii_alpha(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '_';
  });
}

bool is_tag_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return is_blank(c) || (c > 0x20 && c < 0x7F); });
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_ascii_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

std::optional<DkimTags> read_tags(std::string_view text) {
  auto parts = split(text, ';');
  if (trim(parts.back()).empty()) parts.pop_back();
  DkimTags tags;
  for (const std::string& part : parts) {
    const auto equals = part.find('=');
    if (equals == std::string::npos) return std::nullopt;
    const auto name = trim(std::string_view(part).substr(0, equals));
    const auto value = trim(std::string_view(part).substr(equals + 1));
    // libopendkim takes the last of two names that differ in case only, RFC 6376 §3.2 none of two that are
    // the same.
    const bool twice = std::any_of(tags.begin(), tags.end(),
                                   [&](const DkimTag& tag) { return ascii_iequals(tag.name, name); });
    if (!is_tag_name(name) || !is_tag_value(value) || twice) return std::nullopt;
    tags.push_back({std::string(name), std::string(value)});
  }
  return tags;
}

std::optional<std::string_view> find_tag(const DkimTags& tags, std::string_view name) {
  const auto found =
      std::find_if(tags.begin(), tags.end(), [&](const DkimTag& tag) { return tag.name == name; });
  if (found == tags.end()) return std::nullopt;
  return found->value;
}

std::string without_blanks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return !is_blank(c); });
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits = without_blanks(text);
  for (int padding = 0; padding < 2 && !digits.empty() && digits.back() == '='; ++padding) digits.pop_back();
  if (digits.size() % 4 == 1) return std::nullopt;
  std::string octets;
  octets.reserve(digits.size());
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : digits) {
    const int digit = base64_digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return octets;
}

}  // namespace portavoz
