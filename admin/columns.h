// One description of a view's columns serves the query, the table for people and the JSON for programs, so
// that the three cannot drift apart. Times are asked for in UTC and travel as RFC 3339 text. Threads: pure
// functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/pg/connection.h"
#include "admin/json.h"
#include "core/text_table/table.h"

namespace portavoz::admin {

enum class Form : std::uint8_t { text, state, integer, boolean, texts, json, time };

struct Column {
  const char* name;  // in the view and in JSON
  Form form;
  const char* title;  // in tables; empty: only in JSON
};
using Columns = std::span<const Column>;

[[nodiscard]] std::string select_list(Columns columns);  // "a, b, to_char(…) AS c"

[[nodiscard]] Json json_of(const pg::Rows& rows, std::size_t row, Columns columns);
[[nodiscard]] Json json_of(const pg::Rows& rows, Columns columns);  // an array
[[nodiscard]] Table table_of(const pg::Rows& rows, Columns columns);

// The value as people read it; empty for null, which as a boolean is "cannot tell".
[[nodiscard]] std::string shown(const pg::Rows& rows, std::size_t row, const Column& column);

// "2026-11-23T10:15:00Z" as "2026-11-23 10:15".
[[nodiscard]] std::string shown_time(std::string_view rfc3339);

// The column's text; empty for null.
[[nodiscard]] std::string text(const pg::Rows& rows, std::size_t row, const char* name);

// true, false and null as "yes", "no" and "cannot tell".
[[nodiscard]] std::string yes_no(const pg::Rows& rows, std::size_t row, const char* name);

[[nodiscard]] Style state_style(std::string_view state);

}  // namespace portavoz::admin
