// JSON that stands in a page: the texts in it, each with the names that lead to it. adapters/json defines the
// function. Bounds: the page's, and 2,000 texts. Errors: what is no JSON has no texts. Threads: safe from
// any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portavoz {

struct JsonText {
  std::string text;
  std::string path;                // the names of the members that lead to it, with dots
  std::vector<std::string> types;  // the `@type` of each object around it that has one, the innermost first
};

// Only texts that hold an '@' or a sign that stands for one.
[[nodiscard]] std::vector<JsonText> json_texts(std::string_view json);

}  // namespace portavoz
