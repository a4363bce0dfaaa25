#include "core/net/fetch.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace portavoz {

std::string media_type(std::string_view content_type) {
  return ascii_lower(trim(content_type.substr(0, content_type.find(';'))));
}

bool is_page_type(std::string_view type) {
  static constexpr std::array<std::string_view, 10> types{
      "",           "text/html",      "application/xhtml+xml", "text/plain",
      "text/vcard", "text/x-vcard",   "application/atom+xml",  "application/rss+xml",
      "text/xml",   "application/xml"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

std::string charset_parameter(std::string_view content_type) {
  const auto parts = split(content_type, ';');
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = trim(parts[i]);
    if (!ascii_istarts_with(part, "charset=")) continue;
    std::string_view value = trim(part.substr(8));
    if (value.size() >= 2 && value.front() == value.back() &&
        (value.front() == '"' || value.front() == '\'')) {
      value = value.substr(1, value.size() - 2);
    }
    return ascii_lower(value);
  }
  return {};
}

}  // namespace portavoz
