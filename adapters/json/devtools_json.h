// What chromium says in the DevTools protocol, as far as a rendering needs it: the answer to a command, or an
// event. Of `result` or `params` the texts and numbers are kept, those of an object inside of it under
// "object.member". It is a stranger's: anything else that is no such message is bad_input. Threads: pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace portavoz {

struct DevToolsMessage {
  std::int64_t id = 0;  // of the command that it answers; 0: an event
  std::string session;
  std::string method;  // of an event
  std::string error;   // of an answer: what was wrong with the command
  std::map<std::string, std::string, std::less<>> values;

  // Empty without one.
  [[nodiscard]] std::string value(std::string_view name) const;
};

[[nodiscard]] Result<DevToolsMessage> read_devtools(std::string_view json);

}  // namespace portavoz
