// Rules: only a decision designates; two persons; one voice; every decision has a reason and an author.
#include <thread>

#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

std::string decide(const std::string& what, std::int64_t id,
                   const std::string& reason = "they are who they say") {
  return "SELECT * FROM " + what + "(" + std::to_string(id) + ", '" + reason + "')";
}

// Waits until some other backend of this database waits for a lock.
void wait_until_blocked(pg::Connection& root) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (number(root,
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
               "AND wait_event_type = 'Lock'") > 0)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("nobody waits for a lock");
}

}  // namespace

TEST_CASE("an approved report designates its contact, and the overview says who, how and why") {
  Story story;
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  const auto result = must(story.alba.query(decide("approve", report, "page seen by me")));
  CHECK(result.text(0, "state") == "designated");
  CHECK(result.integer(0, "deciders_missing") == 0);
  const auto contact = must(story.alba.query("SELECT * FROM contacts_overview"));
  CHECK(contact.text(0, "state") == "designated");
  CHECK(contact.text(0, "decided_by") == "alba");
  CHECK(contact.text(0, "decision_kind") == "approve");
  CHECK(contact.text(0, "reason") == "page seen by me");
  CHECK(contact.integer(0, "decision_id") == result.integer(0, "decision_id"));
  CHECK(contact.text_array(0, "logins") == std::vector<std::string>{"login"});
}

TEST_CASE("a decided report cannot be decided again, and the refusal says who decided and when") {
  Story story;
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  must(story.alba.query(decide("reject", report)));
  const auto decided_at =
      value(story.root, "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM decisions");
  for (const std::string again : {"approve", "reject"}) {
    const auto sentence = refused(story.bruno, decide(again, report), "PV003");
    CHECK_THAT(sentence, Contains("rejected by alba on " + decided_at));
  }
  CHECK(number(story.root, "SELECT count(*) FROM decisions") == 1);
  CHECK(value(story.root, "SELECT state FROM contacts") == "refused");
}

TEST_CASE("a decision has a reason, an account and a subject, or it is not made") {
  Story story;
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  for (const std::string empty : {"''", "' '", "NULL", "E'\\t\\n'"})
    refused(story.alba, "SELECT approve(" + std::to_string(report) + ", " + empty + ")", "PV001");
  refused(story.alba, decide("approve", 99), "PV002");
  refused(story.alba, decide("vouch", 99), "PV002");
  refused(story.alba, "SELECT approve(NULL, 'x')", "PV002");
  refused(story.alba, "SELECT retire(NULL, 'x')", "PV002");

  auto carla = story.as("carla");
  CHECK_THAT(refused(carla, decide("approve", report), "PV004"), Contains("carla has no enabled account"));
  must(story.root.exec("SELECT account_disable('bruno')"));
  refused(story.bruno, decide("approve", report), "PV004");
  refused(story.root, decide("approve", report), "PV004");  // a superuser is nobody either
  CHECK(number(story.root, "SELECT count(*) FROM decisions") == 0);
  CHECK(value(story.root, "SELECT state FROM contacts") == "reported");
}

TEST_CASE("who decides is the login, even when the owner's own code says otherwise") {
  Story story;
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  must(story.root.exec(R"(
    CREATE FUNCTION portavoz.test_forge(contact bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$
      INSERT INTO portavoz.decisions (kind, contact_id, account_id, reason, at, stage, takes_effect)
      VALUES ('vouch', contact, (SELECT account_id FROM portavoz.accounts WHERE login = 'bruno'), 'x', '2001-01-01', 0,
              true) RETURNING account_id $$;
    ALTER FUNCTION portavoz.test_forge OWNER TO portavoz_owner;
    GRANT EXECUTE ON FUNCTION portavoz.test_forge TO portavoz_admin)"));
  const auto author = value(story.alba, "SELECT test_forge(" + std::to_string(contact) + ")");
  CHECK(author == value(story.root, "SELECT account_id FROM accounts WHERE login = 'alba'"));
  CHECK(value(story.root, "SELECT at > '2026-01-01' FROM decisions") == "true");
}

TEST_CASE("on a two-person list one admin alone designates nobody") {
  Story story(2);
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  const auto first = must(story.alba.query(decide("approve", report)));
  CHECK(first.integer(0, "deciders_missing") == 1);
  CHECK(first.text(0, "state") == "reported");
  const auto waiting = must(story.alba.query("SELECT * FROM reports_overview"));
  CHECK(waiting.is_null(0, "decision_kind"));
  CHECK(waiting.text(0, "decided_by") == "alba");

  CHECK_THAT(refused(story.alba, decide("approve", report), "PV003"), Contains("two different admins"));
  CHECK(number(story.root, "SELECT count(*) FROM roll_contacts") == 0);

  const auto second = must(story.bruno.query(decide("approve", report)));
  CHECK(second.integer(0, "deciders_missing") == 0);
  CHECK(second.text(0, "state") == "designated");
  CHECK(value(story.alba, "SELECT decided_by FROM reports_overview") == "alba, bruno");
  CHECK_THAT(refused(story.alba, decide("reject", report), "PV003"), Contains("approved by alba, bruno"));
}

TEST_CASE("on a two-person list vouching and restoring need two as well, suspending and retiring one") {
  Story story(2);
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  must(story.alba.query(decide("vouch", contact)));
  refused(story.alba, decide("vouch", contact), "PV003");
  CHECK(story.state(contact) == "confirmed");
  must(story.bruno.query(decide("vouch", contact)));
  CHECK(story.state(contact) == "designated");
  for (int round = 0; round < 2; ++round) {  // a restoration does not live on the deciders of the one before
    must(story.bruno.query(decide("suspend", contact, "stolen mailbox")));
    CHECK(story.state(contact) == "suspended");
    must(story.alba.query(decide("restore", contact)));
    CHECK(story.state(contact) == "suspended");
    must(story.bruno.query(decide("restore", contact)));
    CHECK(story.state(contact) == "designated");
  }
  must(story.alba.query(decide("retire", contact)));
  CHECK(story.state(contact) == "retired");
}

TEST_CASE("a decider whose account was closed meanwhile does not count") {
  Story story(2);
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  must(story.alba.query(decide("vouch", contact)));
  must(story.root.exec("SELECT account_disable('alba')"));
  CHECK(must(story.bruno.query(decide("vouch", contact))).integer(0, "deciders_missing") == 1);
  CHECK(story.state(contact) == "confirmed");
}

TEST_CASE("the two-person rule holds against the owner's own code") {
  Story story(2);
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  must(story.root.exec(R"(
    CREATE FUNCTION portavoz.test_shortcut(contact bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE decided bigint;
    BEGIN
      INSERT INTO portavoz.decisions (kind, contact_id, account_id, reason, at, stage, takes_effect)
      VALUES ('vouch', contact, 1, 'x', now(), 0, true) RETURNING decision_id INTO decided;
      UPDATE portavoz.contacts SET state = 'designated', decision_id = decided WHERE contact_id = contact;
    END $$;
    ALTER FUNCTION portavoz.test_shortcut OWNER TO portavoz_owner;
    GRANT EXECUTE ON FUNCTION portavoz.test_shortcut TO portavoz_admin)"));
  CHECK_THAT(refused(story.alba, "SELECT test_shortcut(" + std::to_string(contact) + ")", "PV003"),
             Contains("2 different admins"));
  CHECK(story.state(contact) == "confirmed");
}

TEST_CASE("a decision moves its own contact, once, and only when it took effect") {
  Story story(2);
  for (const std::string name : {"norte", "sur"}) {
    const auto contact = story.confirmed("Asamblea " + name, name + "@example.org");
    must(story.alba.query(decide("vouch", contact)));
    must(story.bruno.query(decide("vouch", contact)));
  }
  must(story.alba.query(decide("suspend", 1)));
  const auto suspended = value(story.root, "SELECT decision_id FROM contacts WHERE contact_id = 1");
  must(story.alba.query(decide("restore", 1)));
  const auto half = value(story.root, "SELECT max(decision_id) FROM decisions");
  must(story.root.exec(R"(
    CREATE FUNCTION portavoz.test_reuse(contact bigint, target text, decided bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER AS $$
      UPDATE portavoz.contacts SET state = target, decision_id = decided WHERE contact_id = contact $$;
    ALTER FUNCTION portavoz.test_reuse OWNER TO portavoz_owner;
    GRANT EXECUTE ON FUNCTION portavoz.test_reuse TO portavoz_admin)"));
  refused(story.alba, "SELECT test_reuse(1, 'designated', " + half + ")", "PV003");
  refused(story.alba, "SELECT test_reuse(2, 'suspended', " + suspended + ")", "PV003");
  must(story.bruno.query(decide("restore", 1)));
  refused(story.alba, "SELECT test_reuse(1, 'suspended', " + suspended + ")", "PV003");
  CHECK(story.state(1) == "designated");
  CHECK(story.state(2) == "designated");
}

TEST_CASE("applications compete freely, and the admin sees the rivals") {
  Story story;
  const auto first = story.reported("Asamblea Norte", "norte@example.org");
  const auto rival = story.reported(" asamblea   NORTE ", "eva@example.net");  // the same name to a reader
  CHECK(number(story.root, "SELECT count(*) FROM assemblies") == 1);
  const auto rivals =
      value(story.alba, "SELECT rivals FROM report_detail WHERE report_id = " + std::to_string(first));
  CHECK_THAT(rivals, Contains("eva@example.net") && Contains("reported"));

  must(story.alba.query(decide("approve", rival)));
  const auto sentence = refused(story.alba, decide("approve", first), "PV003");
  CHECK_THAT(sentence, Contains("Asamblea Norte already has a designated contact on avisos@listas.example") &&
                           Contains("eva@example.net") && Contains("Retire or suspend"));
  must(story.alba.query(decide("retire", 2)));
  must(story.alba.query(decide("approve", first)));
  CHECK(story.state(1) == "designated");
}

TEST_CASE("one address speaks for one assembly on a list") {
  Story story;
  story.designated("Asamblea Norte", "info@example.org");
  const auto second = story.confirmed("Asamblea Sur", "info@example.org");
  CHECK_THAT(
      refused(story.alba, decide("vouch", second), "PV003"),
      Contains("info@example.org already speaks on avisos@listas.example for Asamblea Norte (contact 1)"));
  must(story.alba.query("SELECT list_add('otra@listas.example', NULL, '{es}', 'admin@listas.example', 1)"));
  const auto elsewhere =
      must(story.alba.query("SELECT apply_for('otra@listas.example', 'Asamblea Sur', 'info@example.org', "
                            "'https://sur.example/', NULL, NULL)"));
  const auto contact = elsewhere.integer(0, "apply_for");
  must(story.alba.query("SELECT confirm($1, 'x')", {std::to_string(contact)}));
  must(story.alba.query(decide("vouch", contact)));  // another list is another matter
}

TEST_CASE("one voice is an index: without any function in the way it still holds") {
  Story story;
  story.designated("Asamblea Norte", "norte@example.org");
  story.apply("Asamblea Norte", "eva@example.net");
  story.apply("Asamblea Sur", "norte@example.org");
  must(story.root.exec("SET session_replication_role = replica"));  // no triggers
  refused(story.root, "UPDATE contacts SET state = 'designated' WHERE contact_id = 2", "23505");
  refused(story.root, "UPDATE contacts SET state = 'lapsing' WHERE contact_id = 2", "23505");
  refused(story.root, "UPDATE contacts SET state = 'designated' WHERE contact_id = 3", "23505");
  must(story.root.query("UPDATE contacts SET state = 'suspended' WHERE contact_id = 2"));
}

TEST_CASE("two admins who approve rivals in the same moment: the second is told who speaks now") {
  Story story;
  const auto first = story.reported("Asamblea Norte", "norte@example.org");
  const auto rival = story.reported("Asamblea Norte", "eva@example.net");
  must(story.alba.exec("BEGIN"));
  must(story.alba.query(decide("approve", first)));
  Result<void> outcome;
  std::string sqlstate;
  std::thread other([&] {
    auto result = story.bruno.query(decide("approve", rival));
    if (!result) outcome = result.error();
    sqlstate = story.bruno.last_sqlstate();
  });
  wait_until_blocked(story.root);
  must(story.alba.exec("COMMIT"));
  other.join();
  REQUIRE_FALSE(outcome.has_value());
  CHECK(sqlstate == "PV003");
  CHECK_THAT(outcome.error().what,
             Contains("already has a designated contact") && Contains("norte@example.org"));
  CHECK(number(story.root, "SELECT count(*) FROM decisions") == 1);
}

TEST_CASE("two admins who approve the same report in the same moment: one does, the other is told") {
  Story story;
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  must(story.alba.exec("BEGIN"));
  must(story.alba.query(decide("approve", report)));
  Result<void> outcome;
  std::thread other([&] {
    auto result = story.bruno.query(decide("reject", report));
    if (!result) outcome = result.error();
  });
  wait_until_blocked(story.root);
  must(story.alba.exec("COMMIT"));
  other.join();
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().kind == ErrorKind::conflict);
  CHECK_THAT(outcome.error().what, Contains("approved by alba"));
}

TEST_CASE("vouching is a decision and shows as such, to admins and to the public") {
  Story story;
  story.designated("Asamblea Norte", "norte@example.org");
  CHECK(value(story.alba, "SELECT decision_kind FROM contacts_overview") == "vouch");
  auto anybody = story.as("public1");
  const auto rows = must(anybody.query("SELECT * FROM public_contacts"));
  REQUIRE(rows.size() == 1);
  CHECK(rows.text(0, "how") == "vouched");
  CHECK(rows.text(0, "assembly") == "Asamblea Norte");
  const auto report = story.reported("Asamblea Sur", "sur@example.org");
  CHECK(must(anybody.query("SELECT * FROM public_contacts")).size() == 1);
  must(story.alba.query(decide("approve", report)));
  CHECK(value(anybody, "SELECT how FROM public_contacts WHERE assembly = 'Asamblea Sur'") ==
        "approved report");
}

TEST_CASE("decisions, reports, confirmations and held actions are added to, never rewritten") {
  Story story;
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  must(story.alba.query(decide("approve", report)));
  must(story.alba.query("SELECT record_held('release', 'q1', 'avisos@listas.example', 'it was genuine')"));
  for (const std::string table : {"decisions", "reports", "confirmations", "held_actions", "audit"}) {
    REQUIRE(number(story.root, "SELECT count(*) FROM " + table) > 0);
    const std::string column = table == "audit" ? "seq" : table == "reports" ? "outcome" : "reason";
    refused(story.root, "UPDATE " + table + " SET " + column + " = " + column, "PV004");
    refused(story.root, "DELETE FROM " + table, "PV004");
    refused(story.root, "TRUNCATE " + table + " CASCADE", "PV004");
  }
}

TEST_CASE("what cannot be done in the present state is refused with the states in which it can") {
  Story story;
  const auto contact = story.apply("Asamblea Norte", "norte@example.org");
  CHECK_THAT(refused(story.alba, decide("vouch", contact), "PV003"),
             Contains("is applied and cannot be vouched for") && Contains("confirmed or reported"));
  CHECK_THAT(refused(story.alba, decide("restore", contact), "PV003"), Contains("suspended"));
  refused(story.alba, "SELECT request_check(" + std::to_string(contact) + ")", "PV003");
  must(story.alba.query("SELECT confirm($1, 'x')", {std::to_string(contact)}));
  refused(story.alba, "SELECT confirm(" + std::to_string(contact) + ", 'x')", "PV003");
}

TEST_CASE("an older report is not decided any more when a newer one stands") {
  Story story;
  const auto older = story.reported("Asamblea Norte", "norte@example.org");
  must(story.alba.query("SELECT request_check(1)"));
  const auto newer = story.report(1);
  CHECK_THAT(refused(story.alba, decide("approve", older), "PV003"),
             Contains("Decide on report " + std::to_string(newer)));
  CHECK(value(story.alba, "SELECT decision_kind FROM reports_overview WHERE report_id = " +
                              std::to_string(older)) == "superseded");
  must(story.alba.query(decide("approve", newer)));
}
