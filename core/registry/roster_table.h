// A roster as a table: which cell stands under which column, and until when the whole counts. It reads the
// file's form (CSV, columns, valid-until), and knows nothing of addresses and lists; core/registry/roster.h
// does. Threads: pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"

namespace portavoz {

enum class RosterColumn : std::uint8_t {
  assembly,
  list,
  address,
  logins,
  signing_domains,
  spf,
  shared,
  aliases,
  languages,
  admin,
  hold
};

inline constexpr std::array<std::string_view, 11> roster_columns{
    "assembly", "list",      "address", "logins", "signing_domains", "spf", "shared",
    "aliases",  "languages", "admin",   "hold"};

// One mistake.
struct RosterProblem {
  int line = 0;  // from 1
  std::string what;
};

struct RosterRow {
  int line = 0;
  std::array<std::string, roster_columns.size()> cells;  // blank where there is no such column

  [[nodiscard]] const std::string& at(RosterColumn column) const {
    return cells.at(static_cast<std::size_t>(column));
  }
};

struct RosterTable {
  std::optional<Instant> valid_until;
  std::vector<RosterRow> rows;  // that have a cell for each column
  std::vector<RosterProblem> problems;
};

[[nodiscard]] RosterTable read_roster_table(std::string_view text);

}  // namespace portavoz
