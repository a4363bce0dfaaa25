#include "core/dkim/tags.h"

#include <algorithm>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::size_t usual_tags = 12;  // of a signature

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_tag_name(std::string_view name) {
  return !name.empty() && is_ascii_alpha(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '_';
  });
}

bool is_tag_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return (c > 0x20 && c < 0x7F) || is_blank(c); });
}

}  // namespace

std::optional<DkimTags> read_tags(std::string_view text) {
  DkimTags tags;
  tags.reserve(usual_tags);
  for (bool more = true; more;) {
    const auto end = text.find(';');
    const auto part = text.substr(0, end);
    more = end != std::string_view::npos;
    text.remove_prefix(more ? end + 1 : text.size());
    if (!more && trim(part).empty()) break;  // behind the last semicolon
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = trim(part.substr(0, equals));
    const auto value = trim(part.substr(equals + 1));
    // libopendkim takes the last of two names that differ in case only, RFC 6376 §3.2 none of two that are
    // the same.
    const bool twice = std::any_of(tags.begin(), tags.end(),
                                   [&](const DkimTag& tag) { return ascii_iequals(tag.name, name); });
    if (!is_tag_name(name) || !is_tag_value(value) || twice) return std::nullopt;
    tags.push_back({name, value});
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

}  // namespace portavoz
