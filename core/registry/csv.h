// One line of CSV (RFC 4180 section 2): cells between commas; a cell in quotation marks may hold commas, and
// quotation marks written twice. A line break inside a cell is refused, although the RFC has it: no value of
// ours has one, and so a forgotten quotation mark spoils its own line and no other. Blanks around a cell go.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace portavoz {

// `line`: without its end. Error: bad_input, one clause.
[[nodiscard]] Result<std::vector<std::string>> read_csv_line(std::string_view line);

// In quotation marks where it needs them, without a line end. read_csv_line() gives the same cells, but for
// blanks around them.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& cells);

}  // namespace portavoz
