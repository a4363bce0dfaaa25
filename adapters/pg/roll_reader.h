// Reads the whole roll from the register, in one snapshot: lists, contacts, marks and keys of different
// moments never meet in a roll. It knows the names of the register's roll views. Errors: those of
// pg::Connection; unavailable as well when a view's row has not the form it must have. Threads: as
// Connection.
#pragma once

#include "adapters/pg/connection.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/policy/roll_contents.h"

namespace portavoz {

// `heard`: the moment of asking, which becomes the roll's last word.
[[nodiscard]] Result<RollContents> read_roll(pg::Connection& connection, Instant heard);

}  // namespace portavoz
