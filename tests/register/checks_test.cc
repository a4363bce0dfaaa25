// The queue of checks: leases, fencing, and reports that come twice.
#include <set>
#include <thread>

#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

pg::Rows claim(pg::Connection& verifier, const std::string& worker, int max_checks = 10,
               const std::string& lease = "1 hour") {
  return must(
      verifier.query("SELECT * FROM claim_checks($1, $2, $3)", {worker, std::to_string(max_checks), lease}));
}

std::string finish(std::int64_t check, const std::string& worker, std::int64_t attempt,
                   const std::string& report = good_report) {
  return "SELECT finish_check(" + std::to_string(check) + ", '" + worker + "', " + std::to_string(attempt) +
         ", '" + report + "')";
}

// As if the lease had run out: no test waits for a clock.
void expire_leases(Story& story) {
  must(story.root.exec("UPDATE checks SET due_at = now() - interval '1 second' WHERE finished_at IS NULL"));
  story.end_turns();
}

}  // namespace

TEST_CASE("a confirmed contact's check is claimed with all that a verifier needs") {
  Story story;
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  const auto rows = claim(story.verifier, "w1");
  REQUIRE(rows.size() == 1);
  CHECK(rows.integer(0, "contact_id") == contact);
  CHECK(rows.integer(0, "attempt") == 1);
  CHECK(rows.text(0, "address") == "norte@example.org");
  CHECK(rows.text(0, "evidence_url") == "https://norte.example/contacto");
  CHECK(rows.text(0, "assembly") == "Asamblea Norte");
  CHECK(rows.text(0, "list") == list_address);
  CHECK(rows.text_array(0, "languages") == std::vector<std::string>{"es", "en"});
  CHECK(claim(story.verifier, "w2").empty());
  CHECK(value(story.alba, "SELECT state FROM checks_overview") == "leased");
}

TEST_CASE("a finished check leaves a report that waits, and the contact is reported") {
  Story story;
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  const auto rows = must(story.alba.query("SELECT * FROM report_detail"));
  REQUIRE(rows.size() == 1);
  CHECK(rows.integer(0, "report_id") == report);
  CHECK(rows.text(0, "contact_state") == "reported");
  CHECK(rows.is_null(0, "decision_kind"));
  CHECK(rows.boolean(0, "published"));
  CHECK(rows.boolean(0, "official"));
  CHECK(rows.integer(0, "http_status") == 200);
  CHECK(rows.text(0, "excerpt") == "Contacto: norte@example.org");
  CHECK(rows.text(0, "body_sha256") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(rows.text(0, "rivals") == "[]");
  CHECK(value(story.alba, "SELECT state FROM checks_overview") == "done");
  CHECK(number(story.alba, "SELECT waiting FROM lists_overview") == 1);
}

TEST_CASE("finishing is idempotent: the same attempt again gives the same report") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  const auto first = must(story.verifier.query(finish(1, "w1", 1))).integer(0, "finish_check");
  const auto again = must(story.verifier.query(finish(1, "w1", 1))).integer(0, "finish_check");
  CHECK(first == again);
  CHECK(number(story.root, "SELECT count(*) FROM reports") == 1);
  CHECK(number(story.root, "SELECT count(*) FROM audit WHERE action = 'report'") == 1);
}

TEST_CASE("a worker that lost its lease to another is fenced off") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  expire_leases(story);
  const auto taken = claim(story.verifier, "w2");
  REQUIRE(taken.size() == 1);
  CHECK(taken.integer(0, "attempt") == 2);
  CHECK_THAT(refused(story.verifier, finish(1, "w1", 1), "PV003"), Contains("is not held by w1 any more"));
  refused(story.verifier, finish(1, "w1", 2), "PV003");
  refused(story.verifier, "SELECT postpone_check(1, 'w1', 1, '1 hour', 'x')", "PV003");
  CHECK(number(story.root, "SELECT count(*) FROM reports") == 0);
  must(story.verifier.query(finish(1, "w2", 2)));
  refused(story.verifier, finish(1, "w1", 1), "PV003");
  refused(story.verifier, finish(99, "w1", 1), "PV002");
}

TEST_CASE("a worker that was late but not replaced may still finish") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  expire_leases(story);
  must(story.verifier.query(finish(1, "w1", 1)));
}

TEST_CASE("the same worker name in a new life cannot finish the attempt of its old one") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  expire_leases(story);
  claim(story.verifier, "w1");
  refused(story.verifier, finish(1, "w1", 1), "PV003");
  must(story.verifier.query(finish(1, "w1", 2)));
}

TEST_CASE("a postponed check comes back when it is due, and says why it waits") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  refused(story.verifier, "SELECT postpone_check(1, 'w1', 1, '-1 hour', 'x')", "PV001");
  refused(story.verifier, "SELECT postpone_check(1, 'w1', 1, '1 hour', ' ')", "PV001");
  must(story.verifier.query("SELECT postpone_check(1, 'w1', 1, '1 hour', 'the site asked to wait')"));
  CHECK(claim(story.verifier, "w1").empty());
  CHECK(value(story.alba, "SELECT why FROM checks_overview") == "the site asked to wait");
  refused(story.verifier, finish(1, "w1", 1), "PV003");
  expire_leases(story);
  CHECK(claim(story.verifier, "w1").integer(0, "attempt") == 2);
}

TEST_CASE("two claimers never get the same check") {
  Story story;
  constexpr int contacts = 60;
  constexpr std::size_t workers = 3;
  for (int i = 0; i < contacts; ++i)
    story.confirmed("Asamblea " + std::to_string(i), "a" + std::to_string(i) + "@example.org",
                    "https://s" + std::to_string(i) + ".example/");
  std::vector<pg::Connection> connections;
  for (std::size_t i = 0; i < workers; ++i) connections.push_back(story.as("verifier1"));
  std::vector<std::vector<std::int64_t>> taken(workers);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers; ++i)
    threads.emplace_back([&, i] {
      for (;;) {
        auto rows = connections[i].query("SELECT check_id FROM claim_checks($1, 4, '1 hour')",
                                         {"w" + std::to_string(i)});
        if (!rows || rows->empty()) return;
        for (std::size_t row = 0; row < rows->size(); ++row)
          taken[i].push_back(rows->integer(row, "check_id"));
      }
    });
  for (auto& thread : threads) thread.join();
  std::set<std::int64_t> different;
  std::size_t all = 0;
  for (const auto& checks : taken) {
    different.insert(checks.begin(), checks.end());
    all += checks.size();
  }
  CHECK(different.size() == all);
  // A claimer whose batch was locked by the others may leave early; nothing is lost by that.
  CHECK(all + claim(story.verifier, "w9", contacts).size() == static_cast<std::size_t>(contacts));
}

TEST_CASE("a claim in an open transaction hides its checks from other claimers, without making them wait") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  story.confirmed("Asamblea Sur", "sur@example.org", "https://sur.example/");
  must(story.verifier.exec("BEGIN"));
  const auto first = claim(story.verifier, "w1", 1);
  auto other = story.as("verifier1");
  const auto second = claim(other, "w2");
  REQUIRE(second.size() == 1);
  CHECK(first.integer(0, "check_id") != second.integer(0, "check_id"));
  must(story.verifier.exec("ROLLBACK"));
  CHECK(claim(other, "w2").integer(0, "check_id") == first.integer(0, "check_id"));
}

TEST_CASE("a claim without a worker, a number or a lease is refused") {
  Story story;
  refused(story.verifier, "SELECT claim_checks('', 1, '1 hour')", "PV001");
  refused(story.verifier, "SELECT claim_checks('w', 0, '1 hour')", "PV001");
  refused(story.verifier, "SELECT claim_checks('w', 1, '0')", "PV001");
  refused(story.verifier, "SELECT claim_checks(NULL, NULL, NULL)", "PV001");
}

TEST_CASE("asking for a check twice is asking once, and does not disturb a worker at work") {
  Story story;
  const auto contact = std::to_string(story.confirmed("Asamblea Norte", "norte@example.org"));
  const auto ask = "SELECT request_check(" + contact + ")";
  CHECK(number(story.alba, ask) == 1);
  claim(story.verifier, "w1");
  CHECK(number(story.alba, ask) == 1);
  CHECK(claim(story.verifier, "w2").empty());
  must(story.verifier.query("SELECT postpone_check(1, 'w1', 1, '1 day', 'slow site')"));
  CHECK(number(story.alba, ask) == 1);
  story.end_turns();
  CHECK(claim(story.verifier, "w2").size() == 1);  // a postponed one is due again
  must(story.verifier.query(finish(1, "w2", 2)));
  CHECK(number(story.alba, ask) == 2);
  CHECK(number(story.root, "SELECT count(*) FROM checks WHERE finished_at IS NULL") == 1);
}

TEST_CASE("a page that was not read says nothing, not 'not published'") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  CHECK_THAT(
      refused(story.verifier,
              finish(1, "w1", 1,
                     R"({"outcome":"timeout","url":"https://n.example/","published":false,"verifier":"v"})"),
              "PV001"),
      Contains("unread_page_says_nothing"));
  must(story.verifier.query(
      finish(1, "w1", 1, R"({"outcome":"timeout","url":"https://n.example/","verifier":"v"})")));
  const auto rows = must(story.alba.query("SELECT * FROM reports_overview"));
  CHECK(rows.is_null(0, "published"));
  CHECK(rows.is_null(0, "official"));
}

TEST_CASE("a report that is no report is refused, and the check can still be finished") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  for (const std::string report :
       {"[]", "{}", R"({"outcome":"","url":"u","verifier":"v"})", R"({"outcome":"ok","url":"u"})",
        R"({"outcome":"ok","url":"u","verifier":"v","http_status":"many"})",
        R"({"outcome":"ok","url":"u","verifier":"v","body_sha256":"abc"})",
        R"({"outcome":"ok","url":"u","verifier":"v","evidence":{}})",
        R"({"outcome":"ok","url":"u","verifier":"v","fetched_at":"yesterday-ish"})"})
    refused(story.verifier, finish(1, "w1", 1, report), "PV001");
  CHECK(story.state(1) == "confirmed");
  must(story.verifier.query(finish(1, "w1", 1)));
}

TEST_CASE("a report on a contact that may post moves nothing and waits for nobody") {
  Story story;
  const auto contact = story.designated("Asamblea Norte", "norte@example.org");
  story.report(contact);
  CHECK(story.state(contact) == "designated");
  CHECK(value(story.alba, "SELECT decision_kind FROM reports_overview") == "not-needed");
  CHECK_THAT(refused(story.alba, "SELECT approve(1, 'x')", "PV003"),
             Contains("is designated and cannot be approved"));
}

TEST_CASE("nobody looks at the page of a contact whose life is over") {
  Story story;
  story.designated("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  must(story.alba.query("SELECT retire(1, 'dissolved')"));
  refused(story.verifier, finish(1, "w1", 1), "PV003");
  CHECK(value(story.alba, "SELECT why FROM checks_overview") == "closed: the contact is retired");
  refused(story.alba, "SELECT request_check(1)", "PV003");
}
