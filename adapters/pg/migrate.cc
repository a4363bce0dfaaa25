#include "adapters/pg/migrate.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/text.h"

namespace portavoz::pg {

namespace {

// Any number serves, as long as nobody else in the database locks it: the octets of "portavoz".
constexpr std::string_view lock_number = "8101820098839736186";

class MigrationLock {
 public:
  explicit MigrationLock(Connection& connection) : connection_(connection) {}
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;
  MigrationLock(MigrationLock&&) = delete;
  MigrationLock& operator=(MigrationLock&&) = delete;
  ~MigrationLock() { (void)run("pg_advisory_unlock"); }  // a connection that broke has no lock any more
  Result<void> take() { return run("pg_advisory_lock"); }

 private:
  Result<void> run(const std::string& function) {
    return connection_.exec("SELECT " + function + "(" + std::string(lock_number) + ")");
  }
  Connection& connection_;
};

// 0001-roles.sql → 1.
std::optional<int> version_in(std::string_view file_name) {
  constexpr std::size_t digits = 4;
  if (file_name.size() <= digits + 1 || file_name[digits] != '-') return std::nullopt;
  const auto version = parse_decimal(file_name.substr(0, digits));
  if (!version || *version == 0) return std::nullopt;
  return static_cast<int>(*version);
}

Result<Migration> read_migration(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const auto version = version_in(name);
  if (!version)
    return Error{ErrorKind::bad_input,
                 "The file " + path.string() +
                     " is not named as a migration. Name it NNNN-name.sql, or move it away."};
  std::ifstream file(path, std::ios::binary);
  std::string sql{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return Error{ErrorKind::unavailable, "The migration " + path.string() + " cannot be read."};
  if (!is_utf8(sql) || sql.find('\0') != std::string::npos)
    return Error{ErrorKind::bad_input, "The migration " + path.string() + " is not UTF-8 text."};
  return Migration{*version, name, std::move(sql)};
}

Result<void> make_record_table(Connection& connection) {
  auto present = connection.query("SELECT to_regclass('portavoz.schema_migrations') IS NOT NULL AS present");
  if (!present) return present.error();
  if (present->boolean(0, "present")) return {};
  // One exec() is one transaction. The first migration hands both to portavoz_owner, which does not exist
  // yet.
  return connection.exec(
      "CREATE SCHEMA IF NOT EXISTS portavoz;"
      "CREATE TABLE portavoz.schema_migrations ("
      "  version int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
      "  applied_at timestamptz NOT NULL DEFAULT now())");
}

Result<std::string> sha256(Connection& connection, const std::string& sql) {
  auto rows = connection.query("SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex') AS sha256", {sql});
  if (!rows) return rows.error();
  return std::string(rows->text(0, "sha256"));
}

Error undo(Connection& connection, const Migration& migration, const Error& error) {
  if (connection.alive()) (void)connection.exec("ROLLBACK");
  return {error.kind, "The migration " + migration.name + " failed and was undone: " + error.what};
}

Result<void> apply(Connection& connection, const Migration& migration, const std::string& checksum) {
  if (auto begun = connection.exec("BEGIN"); !begun) return begun.error();
  if (auto done = connection.exec(migration.sql); !done) return undo(connection, migration, done.error());
  if (auto reset = connection.exec("RESET ROLE"); !reset) return undo(connection, migration, reset.error());
  auto recorded =
      connection.query("INSERT INTO portavoz.schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
                       {std::to_string(migration.version), migration.name, checksum});
  if (!recorded) return undo(connection, migration, recorded.error());
  return connection.exec("COMMIT");
}

// Refuses files that changed after they were applied, and a database that is ahead of the files.
Result<void> compare(Connection& connection, const Rows& applied, const std::vector<Migration>& migrations) {
  for (std::size_t row = 0; row < applied.size(); ++row) {
    if (row >= migrations.size())
      return Error{ErrorKind::conflict,
                   "The register has the migration " + std::string(applied.text(row, "name")) +
                       ", which is not among these files. Use the files of the newer version."};
    const auto checksum = sha256(connection, migrations[row].sql);
    if (!checksum) return checksum.error();
    if (*checksum != applied.text(row, "sha256"))
      return Error{ErrorKind::conflict,
                   "The migration " + migrations[row].name +
                       " was changed after it was applied to this register. Put the file back as "
                       "it was; a change of the schema is a new migration."};
  }
  return {};
}

}  // namespace

Result<std::vector<Migration>> read_migrations(const std::string& directory) {
  std::error_code problem;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator entry(directory, problem), end; !problem && entry != end;
       entry.increment(problem))
    if (entry->path().extension() == ".sql") paths.push_back(entry->path());
  if (problem)
    return Error{ErrorKind::unavailable,
                 "The migrations in " + directory + " cannot be read: " + problem.message()};
  std::sort(paths.begin(), paths.end());
  std::vector<Migration> migrations;
  for (const auto& path : paths) {
    auto migration = read_migration(path);
    if (!migration) return migration.error();
    if (migration->version != static_cast<int>(migrations.size()) + 1)
      return Error{ErrorKind::bad_input, "The migration " + path.string() + " is out of order: number " +
                                             std::to_string(migrations.size() + 1) + " was expected."};
    migrations.push_back(std::move(*migration));
  }
  if (migrations.empty())
    return Error{ErrorKind::bad_input,
                 "There is no migration in " + directory + ". Give the directory sql/."};
  return migrations;
}

Result<MigrationReport> migrate(Connection& connection, const std::vector<Migration>& migrations) {
  MigrationLock lock(connection);
  if (auto taken = lock.take(); !taken) return taken.error();
  if (auto made = make_record_table(connection); !made) return made.error();
  auto applied = connection.query("SELECT name, sha256 FROM portavoz.schema_migrations ORDER BY version");
  if (!applied) return applied.error();
  if (auto same = compare(connection, *applied, migrations); !same) return same.error();

  MigrationReport report{.applied = {}, .version = static_cast<int>(applied->size())};
  for (std::size_t i = applied->size(); i < migrations.size(); ++i) {
    const auto checksum = sha256(connection, migrations[i].sql);
    if (!checksum) return checksum.error();
    if (auto done = apply(connection, migrations[i], *checksum); !done) return done.error();
    report.applied.push_back(migrations[i].name);
    report.version = migrations[i].version;
  }
  return report;
}

}  // namespace portavoz::pg
