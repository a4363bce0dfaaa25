// Years of checks in milliseconds.
#include <algorithm>
#include <cmath>

#include "tests/lib/catch.h"
#include "tests/register/life.h"

using namespace portavoz;
using namespace portavoz::test;

TEST_CASE("a page that stays good is looked at once a period, for years, and nobody is told anything") {
  Life life;
  for (double at = 30; at < 3 * 365; at += 30) {
    life.sees(at, "good");
    CHECK(life.moves(at).empty());
    CHECK(life.due_in(at) >= 15);
    CHECK(life.due_in(at) <= 45);
  }
  CHECK(life.state(life.contact) == "designated");
  CHECK(life.told().empty());
}

TEST_CASE("three misses, days apart, lead to lapsing, and more than a grace time later to suspended") {
  Life life;
  life.sees(30, "miss");
  CHECK(life.moves(30).empty());
  CHECK(life.due_in(30) >= 3);
  CHECK(life.due_in(30) < 3.6);
  life.sees(33.2, "miss");
  CHECK(life.moves(33.2).empty());
  life.sees(36.5, "miss");
  CHECK(life.moves(36.5) == "designated>lapsing");
  CHECK(life.told() == "lapsing:contact lapsing:admins");
  CHECK(life.moves(36.5).empty());  // the same again

  life.sees(40, "miss");
  CHECK(life.moves(40).empty());
  CHECK(life.moves(47.4).empty());
  CHECK(life.told() == "lapsing:contact lapsing:admins");
  CHECK(life.moves(47.6).empty());
  CHECK(life.told() == "lapsing:contact lapsing:admins suspension-soon:contact suspension-soon:admins");
  CHECK(life.moves(50.4).empty());
  CHECK(life.moves(50.7) == "lapsing>suspended");
  CHECK(life.told() ==
        "lapsing:contact lapsing:admins suspension-soon:contact suspension-soon:admins suspended:contact "
        "suspended:admins");
  CHECK(number(life.root, "SELECT count(*) FROM checks WHERE finished_at IS NULL") == 0);

  // Only a decision brings it back, and it begins anew.
  life.sees(60, "good");
  CHECK(life.moves(60).empty());
  CHECK(life.state(life.contact) == "suspended");
  must(life.alba.query("SELECT restore($1, 'the page is back')", {life.id()}));
  CHECK(life.moves(61).empty());
  CHECK(life.state(life.contact) == "designated");
}

TEST_CASE("misses that come within three days are one") {
  Life life;
  for (const double at : {30.0, 31.0, 32.0, 32.9}) life.sees(at, "miss");
  CHECK(life.moves(33).empty());
  CHECK(number(life.root, "SELECT misses FROM page_watches") == 1);
}

TEST_CASE("a good check takes the misses back, and ends lapsing") {
  Life life;
  life.sees(30, "miss");
  life.sees(34, "miss");
  life.sees(38, "good");
  life.sees(42, "miss");
  CHECK(life.moves(42).empty());
  CHECK(number(life.root, "SELECT misses FROM page_watches") == 1);
  life.sees(46, "miss");
  life.sees(50, "miss");
  CHECK(life.moves(50) == "designated>lapsing");
  life.sees(54, "good");
  CHECK(life.moves(54) == "lapsing>designated");
  CHECK_THAT(life.told(), Catch::EndsWith("page-good-again:contact page-good-again:admins"));
  CHECK(life.moves(90).empty());
}

TEST_CASE("what was not seen is never a miss, and after sixty days it is told, once") {
  for (const std::string outcome : {"http_error", "timeout", "dns_failed", "unclear"}) {
    DYNAMIC_SECTION(outcome) {
      Life life;
      for (double at = 30; at < 89; at += 7) {
        life.sees(at, outcome);
        CHECK(life.moves(at).empty());
      }
      CHECK(life.told().empty());
      CHECK(life.moves(90.5).empty());
      CHECK(life.told() == "page-blind:contact page-blind:admins");
      life.sees(200, outcome);
      CHECK(life.moves(200).empty());
      CHECK(life.told() == "page-blind:contact page-blind:admins");
      CHECK(life.state(life.contact) == "designated");
      CHECK(value(life.alba, "SELECT why FROM portavoz.pages_to_look_at") == "blind");
      life.sees(230, "good");
      CHECK(life.moves(230).empty());
      CHECK(number(life.root, "SELECT count(*) FROM pages_to_look_at") == 0);
    }
  }
}

TEST_CASE("a lapsing contact whose page cannot be seen any more is not suspended") {
  Life life;
  for (const double at : {30.0, 34.0, 38.0}) life.sees(at, "miss");
  CHECK(life.moves(38) == "designated>lapsing");
  for (double at = 41; at < 90; at += 5) {
    life.sees(at, "timeout");
    CHECK(life.moves(at).empty());
  }
  CHECK(life.state(life.contact) == "lapsing");
  life.sees(95, "miss");
  CHECK(life.moves(95).empty());  // the last word comes first
  CHECK(life.moves(98.1) == "lapsing>suspended");
}

TEST_CASE("a contact that an admin vouched for does not lapse; the admins are told") {
  Life life("vouch");
  for (double at = 30; at < 80; at += 4) {
    life.sees(at, "miss");
    CHECK(life.moves(at).empty());
  }
  CHECK(life.told() == "page-missing:admins");
  CHECK(value(life.alba, "SELECT why FROM portavoz.pages_to_look_at") == "missing");
}

TEST_CASE("an address that stands there as no official contact any more is a matter for the admins") {
  Life life;
  life.sees(30, "doubt");
  life.sees(60, "doubt");
  CHECK(life.moves(60).empty());
  CHECK(life.told() == "page-doubtful:admins");
  CHECK(value(life.alba, "SELECT why FROM portavoz.pages_to_look_at") == "doubtful");
  CHECK(life.due_in(60) == 7);  // sooner than after a good check
  life.sees(90, "good");
  CHECK(life.moves(90).empty());
  CHECK(number(life.root, "SELECT count(*) FROM pages_to_look_at") == 0);
}

TEST_CASE("an address that is gone from its page stands there in no doubtful place either") {
  Life life;
  life.sees(30, "doubt");
  life.sees(60, "miss");
  CHECK(life.moves(60).empty());
  CHECK(life.told().empty());
  CHECK(number(life.root, "SELECT count(*) FROM page_watches WHERE doubt_since IS NOT NULL") == 0);
}

TEST_CASE("looking again where there is nothing new writes nothing") {
  Life life;
  life.sees(30, "timeout");
  CHECK(life.moves(30).empty());
  const std::string rows = "SELECT string_agg(xmin::text, ' ') FROM page_watches";
  const auto before = value(life.root, rows);
  const auto last_check = number(life.root, "SELECT last_value FROM checks_check_id_seq");
  CHECK(number(life.clerk, "SELECT count(*) FROM portavoz.move_by_time(" + life.day(31) + ", 0, 10)") == 1);
  CHECK(value(life.root, rows) == before);
  CHECK(number(life.root, "SELECT last_value FROM checks_check_id_seq") == last_check);
}

TEST_CASE("whoever suspends a contact, its page is not looked at any more") {
  Life life;
  CHECK(number(life.root, "SELECT count(*) FROM checks WHERE finished_at IS NULL") == 1);
  must(life.alba.query("SELECT suspend($1, 'the mailbox was stolen')", {life.id()}));
  CHECK(number(life.root, "SELECT count(*) FROM checks WHERE finished_at IS NULL") == 0);
}

TEST_CASE("failures are tried again later each time, up to a period") {
  Life life;
  double before = 0;
  for (int failures = 1; failures <= 8; ++failures) {
    const double at = 30 + 40 * failures;
    life.sees(at, "timeout");
    CHECK(life.moves(at).empty());
    const double wait = life.due_in(at);
    CHECK(wait >= std::min(30.0, 0.75 * std::pow(2.0, failures - 1)));
    CHECK(wait <= std::min(30.0, 1.25 * std::pow(2.0, failures - 1)));
    if (failures <= 4) CHECK(wait > before);
    before = wait;
  }
}

TEST_CASE("checks are spread over the period") {
  Story story;
  const auto rows =
      must(story.root.query("SELECT count(*) AS n, max(c) AS most, min(c) AS least FROM (SELECT "
                            "floor(extract(epoch FROM next_turn(id, "
                            "'2026-01-01Z') - '2026-01-01Z') / 86400) AS day, count(*) AS c FROM "
                            "generate_series(1, 30000) AS id GROUP BY 1) AS d"));
  CHECK(rows.integer(0, "n") >= 30);
  CHECK(rows.integer(0, "n") <= 31);
  CHECK(rows.integer(0, "most") < 1200);
}

TEST_CASE("a clock that goes back, and a second clerk, change nothing") {
  Life life;
  for (const double at : {30.0, 34.0, 38.0}) life.sees(at, "miss");
  CHECK(life.moves(10).empty());  // before any of it
  CHECK(life.moves(38) == "designated>lapsing");
  CHECK(life.moves(20).empty());
  CHECK(life.moves(38).empty());
  CHECK(life.told() == "lapsing:contact lapsing:admins");
}

TEST_CASE("while a page is blind the clerk uses up no numbers") {
  Life life;
  for (double at = 30; at < 95; at += 7) life.sees(at, "timeout");
  for (const double at : {95.0, 96.0, 97.0}) CHECK(life.moves(at).empty());
  CHECK(life.told() == "page-blind:contact page-blind:admins");
  CHECK(number(life.root, "SELECT last_value FROM outbox_outbox_id_seq") == 2);
}

TEST_CASE("what fails for one contact stops no other, is said, and is done once it can be") {
  Life life;
  const auto other = life.designated("Asamblea Sur", "sur@example.org");
  must(life.root.exec(
      "CREATE FUNCTION portavoz.broken() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'the disk of norte is full'; END $$;"
      "CREATE TRIGGER broken BEFORE UPDATE ON portavoz.page_watches FOR EACH ROW WHEN (NEW.contact_id = " +
      life.id() + ") EXECUTE FUNCTION portavoz.broken()"));
  life.sees(30, "miss");
  const auto rows = must(
      life.clerk.query("SELECT contact_id, to_state, problem FROM portavoz.move_by_time(now(), 0, 100)"));
  REQUIRE(rows.size() == 2);
  CHECK(rows.integer(0, "contact_id") == life.contact);
  CHECK(rows.text(0, "problem") == "the disk of norte is full (SQLSTATE P0001)");
  CHECK(rows.integer(1, "contact_id") == other);
  CHECK(rows.is_null(1, "problem"));
  CHECK(number(life.root, "SELECT misses FROM page_watches WHERE contact_id = " + life.id()) == 0);
  CHECK(number(life.root, "SELECT count(*) FROM page_watches WHERE contact_id = " + std::to_string(other)) ==
        1);
  must(life.root.exec("DROP TRIGGER broken ON portavoz.page_watches"));
  CHECK(life.moves(31).empty());
  CHECK(number(life.root, "SELECT misses FROM page_watches WHERE contact_id = " + life.id()) == 1);
}

TEST_CASE("nobody but the clerk moves by time, and not ahead of it") {
  Life life;
  for (const std::string login : {"alba", "verifier1", "gate1", "door1", "public1"}) {
    auto connection = life.as(login);
    refused(connection, "SELECT portavoz.move_by_time(now(), 0, 1)", "42501");
  }
  refused(life.clerk, "SELECT portavoz.move_by_time(NULL, 0, 1)", "PV001");
  refused(life.clerk, "INSERT INTO portavoz.outbox (contact_id) VALUES (1)", "42501");
  CHECK_THAT(refused(life.clerk, "SELECT portavoz.move_by_time(now() + interval '1 hour', 0, 1)", "PV001"),
             Catch::Contains("not yet"));
}

TEST_CASE("not even the clerk's own hand suspends a contact that was not warned, and long enough ago") {
  Life life;
  for (const double at : {30.0, 34.0, 38.0}) life.sees(at, "miss");
  CHECK(life.moves(38) == "designated>lapsing");
  life.sees(42, "miss");
  const std::string lapsing_since = value(life.root, "SELECT lapsing_since FROM page_watches");
  const auto told_days_ago = [&](const std::string& kind, int days) {
    must(life.root.exec(
        "SET session_replication_role = replica;"
        "DELETE FROM outbox WHERE kind = '" +
        kind +
        "';"
        "INSERT INTO outbox (contact_id, recipient, kind, occasion, facts, created_at) SELECT " +
        life.id() + ", who, '" + kind + "', '" + lapsing_since + "', '{}', now() - interval '1 day' * " +
        std::to_string(days) +
        " FROM unnest(ARRAY['contact', 'admins']) AS who;"
        "SET session_replication_role = origin"));
  };
  must(life.root.exec("GRANT portavoz_owner TO clerk1"));
  must(life.clerk.exec("SET ROLE portavoz_owner"));
  const std::string suspend =
      "UPDATE portavoz.contacts SET state = 'suspended' WHERE contact_id = " + life.id();
  const auto is_refused = [&] {
    CHECK_THAT(refused(life.clerk, suspend, "PV003"), Catch::Contains("not warned in time"));
  };
  is_refused();  // only once
  told_days_ago("lapsing", 20);
  told_days_ago("suspension-soon", 2);
  is_refused();  // the last word is too fresh
  told_days_ago("lapsing", 13);
  told_days_ago("suspension-soon", 4);
  is_refused();  // the grace time is not over
  told_days_ago("lapsing", 15);
  must(life.clerk.exec(suspend));
  CHECK(life.state(life.contact) == "suspended");
}

TEST_CASE("each move by time and each word about it stands in the chain") {
  Life life;
  for (const double at : {30.0, 34.0, 38.0}) life.sees(at, "miss");
  CHECK(life.moves(38) == "designated>lapsing");
  CHECK(number(life.root,
               "SELECT count(*) FROM audit WHERE action = 'move' AND actor = 'clerk' AND detail ->> 'to' = "
               "'lapsing'") == 1);
  CHECK(number(life.root,
               "SELECT count(*) FROM audit WHERE action = 'tell' AND detail ->> 'kind' = 'lapsing'") == 2);
  CHECK(value(life.root, "SELECT (audit_verify()).ok") == "true");
}
