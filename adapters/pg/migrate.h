// Migrations: numbered SQL files that make the register's schema, applied once each and in order.
//
// Each runs in one transaction together with its record in portavoz.schema_migrations, so that a failure
// leaves nothing half done. A file that was applied must not change afterwards: its SHA-256 is kept and
// compared. An advisory lock makes two runs at once one after the other; it needs a direct connection, not a
// pooled one. Errors: bad_input for files that are not a sequence of migrations, conflict when files and
// database disagree. Threads: as Connection.
#pragma once

#include <string>
#include <vector>

#include "adapters/pg/connection.h"
#include "core/base/result.h"

namespace portavoz::pg {

struct Migration {
  int version = 0;   // 1, 2, 3 … without a gap
  std::string name;  // the file's name: 0001-roles.sql
  std::string sql;   // UTF-8
};

struct MigrationReport {
  std::vector<std::string> applied;  // names, in order; empty when there was nothing to do
  int version = 0;                   // the version that the database has now
};

// Reads NNNN-name.sql from a directory, in order. Other files ending in .sql are an error, the rest is not
// looked at.
[[nodiscard]] Result<std::vector<Migration>> read_migrations(const std::string& directory);

// Precondition: versions are 1, 2, 3 … in order. The role needs to be a superuser, or the database's owner
// with CREATEROLE.
[[nodiscard]] Result<MigrationReport> migrate(Connection& connection,
                                              const std::vector<Migration>& migrations);

}  // namespace portavoz::pg
