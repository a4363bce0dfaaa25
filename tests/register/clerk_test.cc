// The clerk's own part: what the register does is in moves_by_time_test.cc.
#include "outbox/clerk.h"

#include "adapters/os/clock.h"
#include "tests/lib/catch.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

TEST_CASE("the clerk goes through all contacts, has the next check of each, and may do it again") {
  Story story;
  must(story.root.exec(
      "SET session_replication_role = replica;"
      "INSERT INTO assemblies (name) SELECT 'Asamblea ' || n FROM generate_series(1, 2500) AS n;"
      "INSERT INTO contacts (list_id, assembly_id, address, evidence_url, language, state, salt) "
      "SELECT 1, assembly_id, 'a' || assembly_id || '@example.org', 'https://a.example/', 'es', "
      "'designated', new_salt() "
      "FROM assemblies; SET session_replication_role = origin"));
  Clerk clerk(story.dsn_as("clerk1"));
  const Instant time = now();
  CHECK(must(clerk.move_by_time(time)).moved == 0);
  CHECK(number(story.root, "SELECT count(*) FROM checks WHERE finished_at IS NULL") == 2500);
  CHECK(must(clerk.move_by_time(time)).moved == 0);
  CHECK(number(story.root, "SELECT count(*) FROM checks") == 2500);
}

TEST_CASE("a register that is away is an error of one call, and the next one connects again") {
  Story story;
  Clerk clerk(story.dsn_as("clerk1"));
  CHECK(must(clerk.move_by_time(Instant(Seconds(0)))).moved == 0);
  must(story.root.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'clerk1'"));
  static_cast<void>(clerk.move_by_time(Instant(Seconds(0))));
  CHECK(must(clerk.move_by_time(Instant(Seconds(0)))).moved == 0);
  Clerk nobody("host=/nonexistent");
  CHECK_FALSE(nobody.move_by_time(Instant(Seconds(0))).has_value());
}

TEST_CASE("a contact that fails is counted each time, and no other is kept waiting") {
  Story story;
  const auto norte = story.designated("Asamblea Norte", "norte@example.org");
  const auto sur = story.designated("Asamblea Sur", "sur@example.org");
  must(story.root.exec(
      "CREATE FUNCTION portavoz.broken() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'no room'; END $$;"
      "CREATE TRIGGER broken BEFORE INSERT ON portavoz.page_watches FOR EACH ROW WHEN (NEW.contact_id = " +
      std::to_string(norte) + ") EXECUTE FUNCTION portavoz.broken()"));
  Clerk clerk(story.dsn_as("clerk1"));
  for (int times = 0; times < 3; ++times) {
    const auto done = must(clerk.move_by_time(now()));
    CHECK(done.failed == 1);
    CHECK(done.moved == 0);
  }
  CHECK(number(story.root, "SELECT contact_id FROM page_watches") == sur);
  must(story.root.exec("DROP TRIGGER broken ON portavoz.page_watches"));
  CHECK(must(clerk.move_by_time(now())).failed == 0);
  CHECK(number(story.root, "SELECT count(*) FROM page_watches") == 2);
}
