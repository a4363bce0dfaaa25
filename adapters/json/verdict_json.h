// A verdict as the register's record_verdicts() takes it: one JSON object. Octets that are not UTF-8, and
// NUL, which jsonb cannot hold, become U+FFFD. Threads: safe from any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace portavoz {

struct VerdictRecord {
  std::string id;  // a UUID: carried twice it counts once
  Instant at;
  std::string host;
  std::string queue_id;
  std::string message_id;
  std::string list;
  std::string client;
  std::string mail_from;
  std::string header_from;
  std::string login;
  std::string rule;
  std::string verdict;
  std::string code;
  std::optional<std::int64_t> contact_id;
  std::optional<std::int64_t> decision_id;
  std::string proof;
  std::string facts;  // what `portavoz explain` prints, as facts_json() writes it; empty when there are none
};

[[nodiscard]] std::string verdict_json(const VerdictRecord& verdict);  // one line, without its end

// Whether the line is a whole JSON object, as verdict_json writes them.
[[nodiscard]] bool is_verdict_json(std::string_view line);

}  // namespace portavoz
