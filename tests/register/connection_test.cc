// The libpq connection: values there and back, errors by kind, and what is known when a connection breaks.
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/temp_dir.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

ErrorKind kind_of(pg::Connection& connection, const std::string& sql) {
  const auto result = connection.query(sql);
  REQUIRE_FALSE(result.has_value());
  return result.error().kind;
}

// A table whose rows take their COMMIT to an advisory lock: a commit that can be caught in the act.
constexpr auto slow_commit = R"(
  CREATE TABLE slow (n int);
  CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock(1);
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait_at_commit())";

void wait_for_lock_waiter(pg::Connection& root, const std::string& pid) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (value(root, "SELECT coalesce((SELECT wait_event FROM pg_stat_activity WHERE pid = " + pid +
                        "), '')") == "advisory")
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("the commit does not wait");
}

}  // namespace

TEST_CASE("values travel as they are") {
  Register reg;
  auto root = reg.superuser();
  const std::vector<std::string> words{"plain",    "",     "with, comma", "with \"quotes\"", "back\\slash",
                                       "{braces}", "NULL", "ñandú",       " blank "};
  const auto rows =
      must(root.query("SELECT $1::text[] AS words, $2::text AS missing, true AS yes, false AS no, "
                      "-42::bigint AS number, '{}'::text[] AS none, array['a', NULL] AS holes",
                      {pg::array_literal(words), std::nullopt}));
  REQUIRE(rows.size() == 1);
  CHECK(rows.text_array(0, "words") == words);
  CHECK(rows.is_null(0, "missing"));
  CHECK(rows.text(0, "missing").empty());
  CHECK(rows.boolean(0, "yes"));
  CHECK_FALSE(rows.boolean(0, "no"));
  CHECK(rows.integer(0, "number") == -42);
  CHECK(rows.text_array(0, "none").empty());
  CHECK(rows.text_array(0, "holes") == std::vector<std::string>{"a", ""});
  CHECK_THROWS_AS(rows.text(0, "no_such_column"), std::logic_error);
  CHECK_THROWS_AS(rows.text(1, "number"), std::logic_error);
  CHECK_THROWS_AS(rows.integer(0, "missing"), std::logic_error);
  CHECK_THROWS_AS(rows.boolean(0, "number"), std::logic_error);
  CHECK_THROWS_AS(rows.text_array(0, "number"), std::logic_error);
}

TEST_CASE("errors have the kind that tells the caller what can be done") {
  Register reg;
  auto root = reg.superuser();
  const auto raise = [](const std::string& sqlstate) {
    return "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '" + sqlstate +
           "', MESSAGE = 'It is so.', HINT = 'Do this.'; END $$";
  };
  CHECK(kind_of(root, raise("PV001")) == ErrorKind::bad_input);
  CHECK(kind_of(root, raise("PV002")) == ErrorKind::not_found);
  CHECK(kind_of(root, raise("PV003")) == ErrorKind::conflict);
  CHECK(kind_of(root, raise("PV004")) == ErrorKind::forbidden);
  CHECK(kind_of(root, raise("42501")) == ErrorKind::forbidden);
  CHECK(kind_of(root, raise("40P01")) == ErrorKind::unavailable);
  CHECK(kind_of(root, raise("53300")) == ErrorKind::unavailable);
  CHECK(kind_of(root, raise("25006")) == ErrorKind::unavailable);
  CHECK(kind_of(root, raise("23505")) == ErrorKind::conflict);
  CHECK(kind_of(root, "SELECT 'x'::int") == ErrorKind::bad_input);
  CHECK(kind_of(root, "SELECT FROM WHERE") == ErrorKind::internal);
  CHECK(root.query(raise("PV003")).error().what == "It is so. Do this.");
  CHECK(root.alive());
}

TEST_CASE("a database without the schema says that it has to be migrated") {
  Database database;
  auto root = database.superuser();
  const auto result = root.query("SELECT * FROM portavoz.roll_lists");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::unavailable);
  CHECK_THAT(result.error().what, Contains("portavoz db migrate"));
}

TEST_CASE("a server that is not there is unavailable, and the sentence says where it was looked for") {
  const auto result = pg::Connection::open("host=/nonexistent/portavoz dbname=x");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::unavailable);
  CHECK_THAT(result.error().what, Contains("/nonexistent/portavoz") && Contains("register.dsn"));
}

TEST_CASE("a server that is stopped is unavailable, and back when it is started again") {
  Cluster cluster;
  auto connection = must(pg::Connection::open(cluster.dsn("postgres")));
  must(connection.exec("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7); LISTEN portavoz_roll"));
  cluster.stop();
  CHECK_FALSE(connection.wait_notification(Millis{20'000}));
  const auto lost = connection.query("SELECT 1");
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().kind == ErrorKind::unavailable);
  CHECK_FALSE(connection.alive());
  CHECK(connection.query("SELECT 1").error().kind == ErrorKind::unavailable);
  CHECK(pg::Connection::open(cluster.dsn("postgres")).error().kind == ErrorKind::unavailable);
  cluster.start();
  auto again = must(pg::Connection::open(cluster.dsn("postgres")));
  CHECK(number(again, "SELECT n FROM kept") == 7);
}

TEST_CASE("a register of which only a standby answers is unavailable, and the sentence says what to do") {
  Database database;
  auto root = database.superuser();
  const auto name = value(root, "SELECT current_database()");
  must(root.exec("ALTER DATABASE " + name + " SET default_transaction_read_only = on"));
  const auto result = pg::Connection::open(shared_cluster().dsn(name) + " target_session_attrs=read-write");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::unavailable);
  CHECK_THAT(result.error().what, Contains("read-only") && Contains("promote the standby"));
}

TEST_CASE("a server that ends while it is asked is unavailable, also beside another one that is there") {
  const TempDir dir;
  const std::string path = dir / ".s.PGSQL.5432";
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof place.sun_path);
  path.copy(place.sun_path, path.size());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  std::thread server([&] {
    const int asked = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    ::close(asked);
  });
  Database database;
  auto root = database.superuser();
  const std::string real = shared_cluster().dsn("postgres");
  const std::string host = real.substr(5, real.find(' ') - 5);
  const auto result = pg::Connection::open("host=" + dir.path() + "," + host + " dbname=postgres");
  server.join();
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::unavailable);
}

TEST_CASE("a connection that is lost during COMMIT leaves the change in doubt") {
  Database database;
  auto root = database.superuser();
  must(root.exec(slow_commit));
  must(root.exec("SELECT pg_advisory_lock(1)"));
  auto writer = database.superuser();
  const auto pid = value(writer, "SELECT pg_backend_pid()");
  Result<void> outcome;
  SECTION("in write()") {
    std::thread thread([&] {
      auto result = writer.write("INSERT INTO slow VALUES (1)");
      if (!result) outcome = result.error();
    });
    wait_for_lock_waiter(root, pid);
    must(root.query("SELECT pg_terminate_backend($1)", {pid}));
    thread.join();
  }
  SECTION("in a transaction of the caller's own") {
    must(writer.exec("BEGIN"));
    must(writer.exec("INSERT INTO slow VALUES (1)"));
    std::thread thread([&] { outcome = writer.exec(" commit"); });
    wait_for_lock_waiter(root, pid);
    must(root.query("SELECT pg_terminate_backend($1)", {pid}));
    thread.join();
  }
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().kind == ErrorKind::in_doubt);
  CHECK_THAT(outcome.error().what, Contains("not known whether"));
  CHECK_FALSE(writer.alive());
}

TEST_CASE("a connection that is lost before COMMIT is unavailable: nothing was written") {
  Database database;
  auto root = database.superuser();
  must(root.exec("CREATE TABLE slow (n int)"));
  must(root.exec("SELECT pg_advisory_lock(1)"));
  auto writer = database.superuser();
  const auto pid = value(writer, "SELECT pg_backend_pid()");
  Result<void> outcome;
  std::thread thread([&] {
    auto result = writer.write("INSERT INTO slow SELECT 1 FROM pg_advisory_xact_lock(1)");
    if (!result) outcome = result.error();
  });
  wait_for_lock_waiter(root, pid);
  must(root.query("SELECT pg_terminate_backend($1)", {pid}));
  thread.join();
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().kind == ErrorKind::unavailable);
  CHECK(number(root, "SELECT count(*) FROM slow") == 0);
}

TEST_CASE("write commits, and undoes what fails") {
  Database database;
  auto root = database.superuser();
  must(root.exec("CREATE TABLE kept (n int PRIMARY KEY)"));
  must(root.write("INSERT INTO kept VALUES ($1)", {"1"}));
  const auto twice = root.write("INSERT INTO kept VALUES ($1)", {"1"});
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error().kind == ErrorKind::conflict);
  CHECK(root.last_sqlstate() == "23505");
  must(root.write("INSERT INTO kept VALUES ($1)", {"2"}));
  auto reader = database.superuser();
  CHECK(number(reader, "SELECT sum(n) FROM kept") == 3);
}

TEST_CASE("COMMIT of a transaction that failed before is no success") {
  Database database;
  auto root = database.superuser();
  must(root.exec("BEGIN"));
  refused(root, "SELECT 1 / 0", "22012");
  const auto committed = root.exec("COMMIT");
  REQUIRE_FALSE(committed.has_value());
  CHECK(committed.error().kind == ErrorKind::conflict);
}
