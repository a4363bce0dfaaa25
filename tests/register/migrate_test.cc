// Migrations: once each, never half, never twice at once, never changed afterwards.
#include <filesystem>
#include <thread>

#include "tests/lib/temp_dir.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

std::vector<pg::Migration> with_extra(const std::string& sql) {
  auto migrations = real_migrations();
  const int version = static_cast<int>(migrations.size()) + 1;
  migrations.push_back({version, "00" + std::to_string(version) + "-extra.sql", sql});
  return migrations;
}

}  // namespace

TEST_CASE("migrating an empty database makes the register, and migrating twice changes nothing") {
  Database database;
  auto root = database.superuser();
  const auto migrations = real_migrations();
  const auto first = must(pg::migrate(root, migrations));
  CHECK(first.applied.size() == migrations.size());
  CHECK(first.applied.front() == "0001-roles.sql");
  CHECK(first.version == static_cast<int>(migrations.size()));
  const auto again = must(pg::migrate(root, migrations));
  CHECK(again.applied.empty());
  CHECK(again.version == first.version);
  CHECK(value(root, "SELECT session_user = current_user") == "true");
}

TEST_CASE("a migration that was changed afterwards is refused by name, and nothing is applied") {
  Register reg;
  auto root = reg.superuser();
  auto migrations = with_extra("CREATE TABLE portavoz.extra ()");
  migrations[2].sql += "\n-- a harmless comment\n";
  const auto result = pg::migrate(root, migrations);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::conflict);
  CHECK_THAT(result.error().what, Contains(migrations[2].name) && Contains("was changed"));
  CHECK(value(root, "SELECT to_regclass('portavoz.extra') IS NULL") == "true");
}

TEST_CASE("a failing migration is named and leaves nothing half done") {
  Register reg;
  auto root = reg.superuser();
  const auto version = number(root, "SELECT max(version) FROM portavoz.schema_migrations");
  const auto result = pg::migrate(root, with_extra("CREATE TABLE portavoz.extra (); SELECT no_such_column"));
  REQUIRE_FALSE(result.has_value());
  CHECK_THAT(result.error().what, Contains("-extra.sql failed and was undone") && Contains("no_such_column"));
  CHECK(value(root, "SELECT to_regclass('portavoz.extra') IS NULL") == "true");
  CHECK(number(root, "SELECT max(version) FROM portavoz.schema_migrations") == version);
  const auto repaired = must(pg::migrate(root, with_extra("CREATE TABLE portavoz.extra ()")));
  CHECK(repaired.applied.size() == 1);
}

TEST_CASE("a register that is ahead of the files is refused") {
  Register reg;
  auto root = reg.superuser();
  auto migrations = real_migrations();
  const auto last = migrations.back().name;
  migrations.pop_back();
  const auto result = pg::migrate(root, migrations);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::conflict);
  CHECK_THAT(result.error().what, Contains(last));
}

TEST_CASE("two runs at once: each migration is applied once") {
  Database database;
  auto one = database.superuser();
  auto two = database.superuser();
  const auto migrations = real_migrations();
  std::size_t applied_by_two = 0;
  std::string problem;
  std::thread other([&] {
    const auto result = pg::migrate(two, migrations);
    if (result) applied_by_two = result->applied.size();
    if (!result) problem = result.error().what;
  });
  const auto result = pg::migrate(one, migrations);
  other.join();
  CHECK(problem.empty());
  CHECK(must(Result<pg::MigrationReport>(result)).applied.size() + applied_by_two == migrations.size());
}

TEST_CASE("the database's owner with CREATEROLE can migrate; the roles may be there already") {
  Database database("TEMPLATE template0 ENCODING 'UTF8'");
  auto root = database.superuser();
  must(root.exec("CREATE ROLE maker LOGIN CREATEROLE"));
  const auto name = value(root, "SELECT current_database()");
  must(root.exec("ALTER DATABASE " + name + " OWNER TO maker"));
  auto maker = database.as("maker");
  CHECK(must(pg::migrate(maker, real_migrations())).applied.size() == real_migrations().size());
  CHECK(number(root,
               "SELECT count(*) FROM pg_class WHERE relnamespace = 'portavoz'::regnamespace "
               "AND relowner <> 'portavoz_owner'::regrole") == 0);
  // And nobody but the register's roles may connect any more.
  CHECK(value(root, "SELECT has_database_privilege('maker', current_database(), 'CONNECT')") == "true");
  must(root.exec("CREATE ROLE passer_by LOGIN"));
  CHECK(value(root, "SELECT has_database_privilege('passer_by', current_database(), 'CONNECT')") == "false");
  CHECK(value(root, "SELECT has_database_privilege('gate1', current_database(), 'CONNECT')") == "true");
  CHECK(value(root, "SELECT has_database_privilege('gate1', current_database(), 'TEMP')") == "false");
  must(root.exec("ALTER DATABASE " + name + " OWNER TO CURRENT_USER; DROP ROLE passer_by"));
}

TEST_CASE("a database that is not UTF-8 is refused") {
  Database database("TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'");
  auto root = database.superuser();
  const auto result = pg::migrate(root, real_migrations());
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::bad_input);
  CHECK_THAT(result.error().what, Contains("0001-roles.sql") && Contains("needs UTF8"));
}

TEST_CASE("a directory of migrations is read in order, and a mistake in it is named") {
  const TempDir directory;
  const auto problem = [&] {
    const auto result = pg::read_migrations(directory.path());
    return result ? std::string() : result.error().what;
  };
  CHECK_THAT(problem(), Contains("There is no migration in " + directory.path()));
  write_all(directory / "0002-second.sql", "SELECT 2");
  CHECK_THAT(problem(), Contains("0002-second.sql is out of order: number 1"));
  write_all(directory / "0001-first.sql", "SELECT 1");
  write_all(directory / "README", "not looked at");
  const auto migrations = must(pg::read_migrations(directory.path()));
  REQUIRE(migrations.size() == 2);
  CHECK(migrations[0].name == "0001-first.sql");
  CHECK(migrations[1].sql == "SELECT 2");
  write_all(directory / "0002-again.sql", "SELECT 2");
  CHECK_THAT(problem(), Contains("is out of order"));
  std::filesystem::remove(directory / "0002-again.sql");
  write_all(directory / "notes.sql", "SELECT 3");
  CHECK_THAT(problem(), Contains("notes.sql is not named as a migration"));
  std::filesystem::remove(directory / "notes.sql");
  write_all(directory / "0003-third.sql", "SELECT '\xFF'");
  CHECK_THAT(problem(), Contains("0003-third.sql is not UTF-8"));
  CHECK(pg::read_migrations(directory / "nowhere").error().kind == ErrorKind::unavailable);
}
