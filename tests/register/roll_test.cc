// What the gate and the door read, how they are told of a change, and the verdicts that come back.
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

constexpr Millis long_enough{20'000};
constexpr Millis now{0};

std::string verdict(const std::string& id, const std::string& more = "") {
  return R"({"id":")" + id +
         R"(","at":"2026-11-23T10:00:00Z","host":"mx1","queue_id":"Q1","message_id":"<1@x>",)" +
         R"("list":"avisos@listas.example","rule":"designated","verdict":"accept")" + more + "}";
}

const std::string first_id = "00000000-0000-4000-8000-000000000001";
const std::string second_id = "00000000-0000-4000-8000-000000000002";

}  // namespace

TEST_CASE("the roll has lists with all their addresses, and only the contacts that may post") {
  Story story;
  story.apply("Asamblea Oeste", "oeste@example.org");
  story.reported("Asamblea Sur", "sur@example.org");
  const auto contact = story.designated("Asamblea Norte", "norte@example.org");
  for (const std::string login : {"gate1", "door1"}) {
    auto reader = story.as(login);
    const auto lists = must(reader.query("SELECT * FROM roll_lists"));
    REQUIRE(lists.size() == 1);
    CHECK(lists.text(0, "posting_address") == list_address);
    CHECK(lists.text_array(0, "addresses") ==
          std::vector<std::string>{"avisos-es@listas.example", list_address});
    CHECK(lists.text(0, "admin_address") == "admin@listas.example");
    const auto contacts = must(reader.query("SELECT * FROM roll_contacts"));
    REQUIRE(contacts.size() == 1);
    CHECK(contacts.integer(0, "contact_id") == contact);
    CHECK(contacts.text(0, "address") == "norte@example.org");
    CHECK(contacts.text(0, "assembly") == "Asamblea Norte");
    CHECK(contacts.text_array(0, "logins") == std::vector<std::string>{"login"});
    CHECK(contacts.text_array(0, "signing_domains") == std::vector<std::string>{"example.org"});
    CHECK_FALSE(contacts.boolean(0, "spf"));
    CHECK_FALSE(contacts.boolean(0, "shared"));
    CHECK_FALSE(lists.boolean(0, "holds_unproven"));
    CHECK(contacts.integer(0, "decision_id") == 1);
  }
  must(story.alba.query("SELECT suspend($1, 'stolen')", {std::to_string(contact)}));
  auto gate = story.as("gate1");
  CHECK(must(gate.query("SELECT * FROM roll_contacts")).empty());
}

TEST_CASE("a designation and a retirement are told at COMMIT, and not before") {
  Story story;
  const auto contact = std::to_string(story.confirmed("Asamblea Norte", "norte@example.org"));
  auto gate = story.as("gate1");
  must(gate.exec("LISTEN portavoz_roll"));
  for (const std::string step : {"vouch", "retire"}) {
    must(story.alba.exec("BEGIN"));
    must(story.alba.query("SELECT " + step + "(" + contact + ", 'x')"));
    must(gate.exec("SELECT 1"));  // whatever was sent would have come with this answer
    CHECK_FALSE(gate.wait_notification(now));
    must(story.alba.exec("COMMIT"));
    CHECK(gate.wait_notification(long_enough));
    CHECK_FALSE(gate.wait_notification(now));
  }
}

TEST_CASE("a designation that is rolled back, an application and a report tell nobody") {
  Story story;
  auto gate = story.as("gate1");
  must(gate.exec("LISTEN portavoz_roll"));
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  must(story.alba.exec("BEGIN"));
  must(story.alba.query("SELECT approve($1, 'x')", {std::to_string(report)}));
  must(story.alba.exec("ROLLBACK"));
  must(gate.exec("SELECT 1"));
  CHECK_FALSE(gate.wait_notification(now));
  must(story.alba.query("SELECT list_add('b@listas.example', NULL, '{es}', 'admin@listas.example', 1)"));
  CHECK(gate.wait_notification(long_enough));
}

TEST_CASE("a check that is due is told to verifiers") {
  Story story;
  must(story.verifier.exec("LISTEN portavoz_checks"));
  const auto contact = story.apply("Asamblea Norte", "norte@example.org");
  must(story.verifier.exec("SELECT 1"));
  CHECK_FALSE(story.verifier.wait_notification(now));
  must(story.alba.query("SELECT confirm($1, 'x')", {std::to_string(contact)}));
  CHECK(story.verifier.wait_notification(long_enough));
  must(story.verifier.query("SELECT claim_checks('w1', 1, '1 hour')"));
  must(story.verifier.query("SELECT postpone_check(1, 'w1', 1, '1 day', 'slow')"));
  CHECK_FALSE(story.verifier.wait_notification(now));
  must(story.alba.query("SELECT request_check($1)", {std::to_string(contact)}));
  CHECK(story.verifier.wait_notification(long_enough));
}

TEST_CASE("verdicts are recorded once, however often a spool is flushed") {
  Story story;
  auto gate = story.as("gate1");
  const auto record = [&](const std::string& verdicts) {
    return must(gate.query("SELECT record_verdicts($1)", {"[" + verdicts + "]"}))
        .integer(0, "record_verdicts");
  };
  CHECK(record("") == 0);
  CHECK(record(verdict(first_id)) == 1);
  CHECK(record(verdict(first_id) + "," + verdict(second_id) + "," + verdict(second_id)) == 1);
  CHECK(number(story.root, "SELECT count(*) FROM verdicts") == 2);
  refused(story.root, "UPDATE verdicts SET verdict = 'reject'", "PV004");
}

TEST_CASE("verdicts that cannot be read are refused, all of that call") {
  Story story;
  auto gate = story.as("gate1");
  for (const std::string& bad :
       {std::string("{}"), verdict("not-a-uuid"), verdict(second_id, R"(,"verdict":"perhaps")"),
        verdict(second_id, R"(,"at":null)"), verdict(second_id, R"(,"contact_id":"many")")}) {
    const auto result = gate.query("SELECT record_verdicts($1)", {"[" + verdict(first_id) + "," + bad + "]"});
    REQUIRE_FALSE(result.has_value());
    CHECK(gate.last_sqlstate() == "PV001");
  }
  refused(gate, "SELECT record_verdicts('{}')", "PV001");
  refused(gate, "SELECT record_verdicts(NULL)", "PV001");
  CHECK(number(story.root, "SELECT count(*) FROM verdicts") == 0);
}

TEST_CASE("a verdict leads back to the assembly, the decision, its author, its reason and the report") {
  Story story;
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  must(story.alba.query("SELECT approve($1, 'seen by me')", {std::to_string(report)}));
  auto gate = story.as("gate1");
  must(gate.query("SELECT record_verdicts($1)",
                  {"[" + verdict(first_id, R"(,"contact_id":1,"decision_id":1,"proof":"login")") + "," +
                   verdict(second_id, R"(,"contact_id":77,"decision_id":88)") + "]"}));
  const auto rows = must(story.alba.query("SELECT * FROM verdicts_overview ORDER BY id"));
  REQUIRE(rows.size() == 2);
  CHECK(rows.text(0, "assembly") == "Asamblea Norte");
  CHECK(rows.text(0, "decision_kind") == "approve");
  CHECK(rows.text(0, "decided_by") == "alba");
  CHECK(rows.text(0, "reason") == "seen by me");
  CHECK(rows.integer(0, "report_id") == report);
  CHECK_FALSE(rows.is_null(0, "decided_at"));
  CHECK(rows.is_null(1, "assembly"));  // a roll that was built from a file knows other numbers
}

TEST_CASE("the facts of a verdict come with it, as an object or not at all") {
  Story story;
  auto gate = story.as("gate1");
  must(gate.query("SELECT record_verdicts($1)",
                  {"[" + verdict(first_id, R"(,"facts":{"dkim":[{"domain":"norte.example"}]})") + "," +
                   verdict(second_id) + "]"}));
  const auto rows = must(story.alba.query(
      "SELECT facts -> 'dkim' -> 0 ->> 'domain' AS domain, facts FROM verdicts_overview ORDER BY id"));
  CHECK(rows.text(0, "domain") == "norte.example");
  CHECK(rows.is_null(1, "facts"));
  for (const std::string facts : {"[]", "\"x\"", "1", "true"})
    refused(gate,
            "SELECT record_verdicts('[" +
                verdict("00000000-0000-4000-8000-000000000003", ",\"facts\":" + facts) + "]')",
            "PV001");
  CHECK(number(story.root, "SELECT count(*) FROM verdicts") == 2);
}
