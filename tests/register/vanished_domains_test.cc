// What becomes of a contact whose domain is gone, day by day.
#include "tests/lib/catch.h"
#include "tests/register/life.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

class Vanishing : public Life {
 public:
  using Life::Life;

  bool held() {
    auto gate = as("gate1");
    return must(gate.query("SELECT domain_gone FROM roll_contacts")).boolean(0, "domain_gone");
  }
  std::string why() { return value(alba, "SELECT string_agg(why, ' ') FROM pages_to_look_at"); }
  void gone_for_days(double from = 30) {
    for (const double at : {from, from + 1, from + 2, from + 3.01}) {
      sees(at, "dns_failed", "gone");
      CHECK(moves(at).empty());
    }
    REQUIRE(held());
  }
  void restore(pg::Connection& admin) { must(admin.query("SELECT restore($1, 'they renewed it')", {id()})); }
};

}  // namespace

TEST_CASE(
    "a domain that is gone is looked at each day, and after three days its posts wait and the admins know") {
  Vanishing life;
  life.sees(30, "good", "gone");
  CHECK(life.moves(30).empty());
  CHECK(life.due_in(30) == 1);
  life.sees(31, "good", "gone");
  life.sees(32.9, "dns_failed", "gone");
  CHECK(life.moves(32.95).empty());
  CHECK(life.due_in(32.95) <= 1);
  CHECK_FALSE(life.held());
  CHECK(life.told().empty());
  CHECK(life.why().empty());

  life.sees(33, "dns_failed", "gone");
  CHECK(life.moves(33).empty());
  CHECK(life.held());
  CHECK(life.told() == "domain-gone:admins");
  CHECK(life.why() == "domain-gone");
  CHECK(life.state(life.contact) == "designated");
  CHECK(life.due_in(33) <= 1);
  CHECK(life.moves(33).empty());  // the same again
  CHECK(life.moves(40).empty());
  CHECK(life.told() == "domain-gone:admins");
  CHECK(
      number(life.root,
             "SELECT count(*) FROM audit WHERE action = 'domain-hold' AND actor = 'clerk' AND subject_id = " +
                 life.id()) == 1);
  CHECK(value(life.root, "SELECT (audit_verify()).ok") == "true");
}

TEST_CASE("a look that saw the domain there begins the days anew, and one that cannot know does not") {
  Vanishing life;
  life.sees(30, "good", "gone");
  life.sees(31, "good", "there");
  life.sees(32, "good", "gone");
  life.sees(33.5, "good", "");
  life.sees(34.5, "good", "gone");
  CHECK(life.moves(34.5).empty());
  CHECK_FALSE(life.held());
  life.sees(35, "good", "gone");
  CHECK(life.moves(35).empty());
  CHECK(life.held());
}

TEST_CASE("a domain that cannot be looked up for months is not gone") {
  Vanishing life;
  for (double at = 30; at < 120; at += 10) life.sees(at, "good", "");
  CHECK(life.moves(120).empty());
  CHECK_FALSE(life.held());
  CHECK(life.due_in(120) >= 15);
}

TEST_CASE("a domain that comes back stays held, the admins see that it is back, and it can go again") {
  Vanishing life;
  life.gone_for_days();
  life.sees(35, "good", "there");
  CHECK(life.moves(35).empty());
  CHECK(life.held());
  CHECK(life.why() == "domain-back");
  CHECK(life.due_in(35) >= 15);  // no hurry
  life.sees(60, "good", "gone");
  CHECK(life.moves(60).empty());
  CHECK(life.why() == "domain-gone");
  CHECK(life.told() == "domain-gone:admins");
}

TEST_CASE("a restore ends the hold, told to the gates and written down, and covers an absence that goes on") {
  Vanishing life;
  life.gone_for_days();
  const auto since = value(life.root, "SELECT state_since FROM contacts WHERE contact_id = " + life.id());
  auto gate = life.as("gate1");
  must(gate.exec("LISTEN portavoz_roll"));
  const auto before = number(life.root, "SELECT decision_id FROM contacts WHERE contact_id = " + life.id());
  life.restore(life.alba);
  CHECK(gate.wait_notification(Millis(20'000)));
  CHECK_FALSE(life.held());
  CHECK(life.why().empty());
  CHECK(life.state(life.contact) == "designated");
  CHECK(number(life.root, "SELECT decision_id FROM contacts WHERE contact_id = " + life.id()) > before);
  CHECK(value(life.root, "SELECT state_since FROM contacts WHERE contact_id = " + life.id()) == since);
  CHECK(number(life.root, "SELECT count(*) FROM audit WHERE action = 'domain-hold'") == 2);

  for (const double at : {40.0, 50.0, 80.0}) {
    life.sees(at, "good", "gone");
    CHECK(life.moves(at).empty());
    CHECK_FALSE(life.held());
    CHECK(life.due_in(at) >= 15);
  }
  // Another absence is another matter.
  life.sees(90, "good", "there");
  life.gone_for_days(100);
  CHECK(life.told() == "domain-gone:admins domain-gone:admins");
  life.restore(life.alba);
  CHECK_FALSE(life.held());
}

TEST_CASE("the gates are told when a hold begins, and not of looks that change nothing") {
  Vanishing life;
  life.sees(30, "good", "gone");
  CHECK(life.moves(30).empty());
  auto gate = life.as("gate1");
  must(gate.exec("LISTEN portavoz_roll"));
  life.sees(31, "good", "gone");
  CHECK(life.moves(31).empty());
  must(gate.exec("SELECT 1"));
  CHECK_FALSE(gate.wait_notification(Millis(0)));
  life.sees(33, "good", "gone");
  CHECK(life.moves(33).empty());
  CHECK(gate.wait_notification(Millis(20'000)));
}

TEST_CASE("a contact that is not held cannot be restored, and the refusal says when it could be") {
  Vanishing life;
  life.sees(30, "good", "gone");
  CHECK(life.moves(30).empty());
  CHECK_THAT(refused(life.alba, "SELECT restore(" + life.id() + ", 'x')", "PV003"),
             Contains("suspended, or whose domain was gone"));
  refused(life.alba, "SELECT restore(" + life.id() + ", ' ')", "PV001");
}

TEST_CASE("under the two-person rule both must restore") {
  Vanishing life;
  life.gone_for_days();
  must(
      life.root.exec("SET session_replication_role = replica; UPDATE lists SET deciders = 2;"
                     "SET session_replication_role = origin"));
  life.restore(life.alba);
  CHECK(life.held());
  refused(life.alba, "SELECT restore(" + life.id() + ", 'again')", "PV003");
  life.restore(life.bruno);
  CHECK_FALSE(life.held());
}

TEST_CASE("a lapsing contact is held and restored where it stands, and lapses on") {
  Vanishing life;
  for (const double at : {30.0, 34.0, 38.0}) life.sees(at, "miss", "there");
  CHECK(life.moves(38) == "designated>lapsing");
  life.gone_for_days(40);
  life.restore(life.alba);
  CHECK_FALSE(life.held());
  CHECK(life.state(life.contact) == "lapsing");
  CHECK(life.why() == "lapsing");
}

TEST_CASE("suspending and restoring, and retiring, are decisions about a hold, too") {
  Vanishing life;
  life.gone_for_days();
  SECTION("suspended and restored") {
    must(life.alba.query("SELECT suspend($1, 'first we telephone')", {life.id()}));
    CHECK(life.why().empty());
    life.restore(life.alba);
    CHECK_FALSE(life.held());
    CHECK(life.state(life.contact) == "designated");
  }
  SECTION("retired") {
    must(life.alba.query("SELECT retire($1, 'it is no more')", {life.id()}));
    CHECK(life.why().empty());
    CHECK(number(life.root, "SELECT count(*) FROM roll_contacts") == 0);
  }
}

TEST_CASE("no other hand takes a hold back") {
  Vanishing life;
  life.gone_for_days();
  must(life.root.exec("GRANT portavoz_owner TO clerk1"));
  must(life.clerk.exec("SET ROLE portavoz_owner"));
  const std::string who = " WHERE contact_id = " + life.id();
  CHECK_THAT(refused(life.clerk, "UPDATE portavoz.page_watches SET domain_held_since = NULL" + who, "PV003"),
             Contains("only a decision ends that"));
  refused(life.clerk, "UPDATE portavoz.contacts SET stage = stage" + who, "PV003");
  CHECK(life.held());
}

TEST_CASE("a report says what became of the domain, or nothing, and nothing else") {
  Story story;
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  must(story.verifier.query("SELECT claim_checks('w1', 1, '1 hour')"));
  const auto finish = [](const std::string& domain) {
    return R"(SELECT finish_check(1, 'w1', 1, '{"outcome": "timeout", "url": "https://x.example/", "verifier": "v", "domain": )" +
           domain + "}')";
  };
  refused(story.verifier, finish("\"lost\""), "PV001");
  must(story.verifier.query(finish("\"gone\"")));
  CHECK(value(story.alba, "SELECT domain FROM report_detail WHERE contact_id = " + std::to_string(contact)) ==
        "gone");
  CHECK(value(story.root, "SELECT detail ->> 'domain' FROM audit WHERE action = 'report'") == "gone");
}
