// What a person typed, judged before it travels: each function gives the canonical text, or a sentence with
// the offending text and what to give in its place (bad_input). What only the register can know (is there
// such a list, is the report decided already) is not asked here. Errors: bad_input; unavailable when there is
// no list of public suffixes. Threads: safe from any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz::admin {

// `what` names the argument in the sentence: "the posting address".
[[nodiscard]] Result<std::string> address(std::string_view text, std::string_view what);
[[nodiscard]] Result<std::vector<std::string>> addresses(const std::vector<std::string>& texts,
                                                         std::string_view what);

// An http or https URL with a host and without credentials.
[[nodiscard]] Result<std::string> page_url(std::string_view text);

// The number of a contact or a report; `thing` is "contact" or "report".
[[nodiscard]] Result<std::string> number(std::string_view text, std::string_view thing);

// The domains whose DKIM signatures shall count, as lower-case A-labels, each once: none is a public suffix,
// where strangers could sign. `what` names the argument in the sentence.
[[nodiscard]] Result<std::vector<std::string>> signing_domains(const std::vector<std::string>& texts,
                                                               std::string_view what);

// A time from 30s to 2h, or any other: a whole number and s, m, h or d.
[[nodiscard]] Result<Seconds> duration(std::string_view text, std::string_view what);

[[nodiscard]] Result<std::string> state(std::string_view text);

// Tags that are among the languages we have wording for, each once, in the order given.
[[nodiscard]] Result<std::vector<std::string>> languages(const std::vector<std::string>& tags,
                                                         const std::vector<std::string>& known);

}  // namespace portavoz::admin
