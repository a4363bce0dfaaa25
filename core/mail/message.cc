#include "core/mail/message.h"

#include <algorithm>

#include "core/base/text.h"

namespace portavoz {
namespace {

// The line at the front without its line end; `rest` moves past it.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// RFC 5322 §3.6.8 ftext: printable ASCII except the colon.
bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

Message split_message(std::string_view octets) {
  Message message;
  while (!octets.empty()) {
    std::string_view rest = octets;
    const auto line = take_line(rest);
    const bool continuation = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    if (line.empty()) {
      octets = rest;
      break;
    }
    if (continuation && !message.fields.empty()) {
      message.fields.back().value.append("\n").append(line);
      octets = rest;
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) break;
    const auto name = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
    if (!is_field_name(name)) break;
    message.fields.push_back({std::string(name), std::string(line.substr(colon + 1))});
    octets = rest;
  }
  message.body = octets;
  return message;
}

std::vector<std::string_view> field_values(const std::vector<Field>& fields, std::string_view name) {
  std::vector<std::string_view> values;
  for (const Field& field : fields)
    if (ascii_iequals(field.name, name)) values.push_back(field.value);
  return values;
}

}  // namespace portavoz
