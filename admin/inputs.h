// What a person typed, judged before it travels: each function gives the canonical text, or a sentence with
// the offending text and what to give in its place (bad_input). What only the register can know (is there
// such a list, is the report decided already) is not asked here. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace portavoz::admin {

// `what` names the argument in the sentence: "the posting address".
[[nodiscard]] Result<std::string> address(std::string_view text, std::string_view what);
[[nodiscard]] Result<std::vector<std::string>> addresses(const std::vector<std::string>& texts,
                                                         std::string_view what);

// An http or https URL with a host and without credentials.
[[nodiscard]] Result<std::string> page_url(std::string_view text);

// The number of a contact or a report; `thing` is "contact" or "report".
[[nodiscard]] Result<std::string> number(std::string_view text, std::string_view thing);

[[nodiscard]] Result<std::string> state(std::string_view text);

// Tags that are among the languages we have wording for, each once, in the order given.
[[nodiscard]] Result<std::vector<std::string>> languages(const std::vector<std::string>& tags,
                                                         const std::vector<std::string>& known);

}  // namespace portavoz::admin
