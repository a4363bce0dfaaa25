#include "adapters/json/devtools_json.h"

#include <nlohmann/json.hpp>

namespace portavoz {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void keep(DevToolsMessage& message, std::string name, const json& value) {
  if (value.is_string()) message.values.emplace(std::move(name), value.get<std::string>());
  if (value.is_number_integer())
    message.values.emplace(std::move(name), std::to_string(value.get<std::int64_t>()));
}

void keep_members(DevToolsMessage& message, const json& object) {
  for (const auto& [name, value] : object.items()) {
    keep(message, name, value);
    if (!value.is_object()) continue;
    for (const auto& [inner, member] : value.items()) keep(message, name + "." + inner, member);
  }
}

}  // namespace

std::string DevToolsMessage::value(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

Result<DevToolsMessage> read_devtools(std::string_view text) {
  const json read = json::parse(text, nullptr, false);
  if (!read.is_object()) return Error{ErrorKind::bad_input, "the browser says what is no DevTools message"};
  DevToolsMessage message;
  if (const auto id = read.find("id"); id != read.end() && id->is_number_integer())
    message.id = id->get<std::int64_t>();
  message.session = text_of(read, "sessionId");
  message.method = text_of(read, "method");
  if (const auto error = read.find("error"); error != read.end())
    message.error = error->is_object() ? text_of(*error, "message") : "an error";
  if (!message.error.empty() || message.id != 0 || !message.method.empty()) {
    for (const char* part : {"result", "params"})
      if (const auto found = read.find(part); found != read.end() && found->is_object())
        keep_members(message, *found);
    return message;
  }
  return Error{ErrorKind::bad_input, "the browser says what is neither an answer nor an event"};
}

}  // namespace portavoz
