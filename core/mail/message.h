// A message cut into its header fields and its body (RFC 5322 §2), without decoding or judging anything.
// Lines end in LF or CRLF. The header ends at the first empty line, or at the first line that is neither a
// field nor a continuation (as Postfix's cleanup does: from there on everything is body). Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portavoz {

struct Field {
  std::string name;   // as it stood, without the colon and without blanks before it
  std::string value;  // as it stood after the colon: folds and leading blanks kept, line end dropped
};

struct Message {
  std::vector<Field> fields;
  std::string body;
};

[[nodiscard]] Message split_message(std::string_view octets);

// The values of every field of that name (ASCII case ignored), top first.
[[nodiscard]] std::vector<std::string_view> field_values(const std::vector<Field>& fields,
                                                         std::string_view name);

}  // namespace portavoz
