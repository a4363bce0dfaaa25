// The queue at scale: the low-water mark, leases that are given back, rulings on robots.txt, and what the
// verifiers tell of sites.
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

pg::Rows claim(pg::Connection& verifier, const std::string& worker, int max_checks = 10,
               const pg::Connection::Param& since = std::nullopt) {
  return must(verifier.query("SELECT * FROM claim_checks($1, $2::int, '1 hour', $3::timestamptz)",
                             {worker, std::to_string(max_checks), since}));
}

// The due times of checks, in minutes from now.
void due_in(Story& story, std::int64_t check, int minutes) {
  must(
      story.root.query("UPDATE checks SET due_at = now() + $2::int * interval '1 minute' WHERE check_id = $1",
                       {std::to_string(check), std::to_string(minutes)}));
}

// Each at a site of its own.
void confirm(Story& story, int contacts) {
  for (int i = 1; i <= contacts; ++i) {
    const std::string number = std::to_string(i);
    story.confirmed("Asamblea " + number, "a" + number + "@example.org", "https://s" + number + ".example/");
  }
}

std::string give_back(std::int64_t check, const std::string& worker, int attempt,
                      const std::string& delay = "0") {
  return "SELECT give_back_checks('" + worker + "', '{" + std::to_string(check) + "}', '{" +
         std::to_string(attempt) + "}', '" + delay + "', 'the verifier was stopped')";
}

}  // namespace

TEST_CASE("a claim with a low-water mark passes over what fell due below it, and one without finds it") {
  Story story;
  confirm(story, 3);
  due_in(story, 1, -60);
  due_in(story, 2, -30);
  due_in(story, 3, -10);
  const auto first = claim(story.verifier, "w1", 2);
  REQUIRE(first.size() == 2);
  CHECK(first.integer(0, "check_id") == 1);  // the oldest first
  const std::string mark(first.text(1, "was_due"));
  story.end_turns();
  due_in(story, 1, -60);  // as a row that was inserted below the mark, or given back
  const auto marked = claim(story.verifier, "w1", 10, mark);
  REQUIRE(marked.size() == 1);
  CHECK(marked.integer(0, "check_id") == 3);
  CHECK(claim(story.verifier, "w1", 10, mark).empty());
  CHECK(claim(story.verifier, "w1").integer(0, "check_id") == 1);
}

TEST_CASE("a check that falls due exactly at the low-water mark is still claimed") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  story.confirmed("Asamblea Sur", "sur@example.org", "https://sur.example/");
  must(story.root.exec("UPDATE checks SET due_at = '2026-01-01'"));
  const auto first = claim(story.verifier, "w1", 1);
  CHECK(claim(story.verifier, "w1", 1, std::string(first.text(0, "was_due"))).size() == 1);
}

TEST_CASE("what is given back is due again, and the look does not count") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  CHECK(claim(story.verifier, "w1").integer(0, "look") == 1);
  CHECK(number(story.verifier, give_back(1, "w1", 1)) == 1);
  story.end_turns();
  CHECK(value(story.alba, "SELECT state FROM checks_overview") == "due");
  const auto again = claim(story.verifier, "w1");
  REQUIRE(again.size() == 1);
  CHECK(again.integer(0, "attempt") == 2);  // the fence never goes back
  CHECK(again.integer(0, "look") == 1);
  must(story.verifier.query("SELECT postpone_check(1, 'w1', 2, '0', 'the site was slow')"));
  story.end_turns();
  CHECK(claim(story.verifier, "w1").integer(0, "look") == 2);
}

TEST_CASE("only the worker that holds a check, in this attempt, can give it back") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  CHECK(number(story.verifier, give_back(1, "w2", 1)) == 0);
  CHECK(number(story.verifier, give_back(1, "w1", 2)) == 0);
  CHECK(value(story.alba, "SELECT state FROM checks_overview") == "leased");
  CHECK(number(story.verifier, give_back(1, "w1", 1, "1 hour")) == 1);
  CHECK(number(story.verifier, give_back(1, "w1", 1)) == 0);
  CHECK(claim(story.verifier, "w2").empty());
  refused(story.verifier, "SELECT give_back_checks('w1', '{1,2}', '{1}', '0', 'x')", "PV001");
  refused(story.verifier, "SELECT give_back_checks('w1', '{1}', '{1}', '-1 s', 'x')", "PV001");
  refused(story.verifier, "SELECT give_back_checks('w1', '{1}', '{1}', '0', ' ')", "PV001");
}

TEST_CASE("a worker that gave a check back cannot finish it") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  claim(story.verifier, "w1");
  must(story.verifier.query(give_back(1, "w1", 1)));
  story.end_turns();
  const std::string finish = "SELECT finish_check(1, 'w1', 1, '" + good_report + "')";
  refused(story.verifier, finish, "PV003");
  claim(story.verifier, "w1");
  refused(story.verifier, finish, "PV003");
}

TEST_CASE("a claim brings the last report's body on the same page, for a conditional request") {
  Story story;
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  CHECK(claim(story.verifier, "w1").is_null(0, "body_sha256"));
  must(story.verifier.query("SELECT finish_check(1, 'w1', 1, '" + good_report + "')"));
  must(story.alba.query("SELECT request_check(" + std::to_string(contact) + ")"));
  story.end_turns();
  const auto rows = claim(story.verifier, "w1");
  REQUIRE(rows.size() == 1);
  CHECK(rows.text(0, "body_sha256") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(rows.text(0, "content_type") == "text/html");
  CHECK(rows.text(0, "final_url") == "https://norte.example/contacto");
}

TEST_CASE("overriding a site's robots.txt is recorded with who and why, and can be taken back") {
  Story story;
  must(story.alba.query("SELECT robots_rule('norte.example', true, 'they asked us to, by telephone')"));
  const auto ruled = must(story.alba.query("SELECT * FROM robots_overview"));
  REQUIRE(ruled.size() == 1);
  CHECK(ruled.boolean(0, "overridden"));
  CHECK(ruled.text(0, "decided_by") == "alba");
  CHECK(ruled.text(0, "reason") == "they asked us to, by telephone");
  CHECK(value(story.verifier, "SELECT host FROM site_rules WHERE robots_overridden") == "norte.example");
  CHECK(number(story.alba, "SELECT count(*) FROM history WHERE action = 'robots'") == 1);
  must(story.bruno.query("SELECT robots_rule('norte.example', false, 'no longer needed')"));
  CHECK(number(story.verifier, "SELECT count(*) FROM site_rules") == 0);
  CHECK(value(story.alba, "SELECT (audit_verify()).ok") == "true");
  refused(story.alba, "SELECT robots_rule('https://norte.example/', true, 'x')", "PV001");
  refused(story.alba, "SELECT robots_rule('norte.example', true, ' ')", "PV001");
}

TEST_CASE("what verifiers tell of sites adds up, and a wait that was asked for is known to all of them") {
  Story story;
  must(story.verifier.query(
      R"(SELECT note_sites('[{"host":"a.example","took_ms":100,"failed":false,"outcome":"ok"},)"
      R"({"host":"b.example","took_ms":50,"failed":true,"outcome":"retry_later","wait_s":7200},)"
      R"({"host":"a.example","took_ms":300,"failed":true,"outcome":"timeout"}]'))"));
  must(story.verifier.query(
      R"(SELECT note_sites('[{"host":"a.example","took_ms":200,"failed":false,"outcome":"ok"}]'))"));
  const auto rows = must(story.alba.query("SELECT * FROM sites_overview ORDER BY host"));
  REQUIRE(rows.size() == 2);
  CHECK(rows.integer(0, "looks") == 3);
  CHECK(rows.integer(0, "failures") == 1);
  CHECK(rows.integer(0, "mean_ms") == 200);
  CHECK(rows.text(0, "last_outcome") == "ok");
  CHECK(rows.is_null(0, "wait_until"));
  CHECK(number(story.verifier, "SELECT wait_s FROM site_rules WHERE host = 'b.example'") == 7200);
  must(story.verifier.query(
      R"(SELECT note_sites('[{"host":"b.example","took_ms":1,"failed":true,"outcome":"retry_later","wait_s":999999}]'))"));
  CHECK(number(story.verifier, "SELECT wait_s FROM site_rules WHERE host = 'b.example'") == 86400);
  refused(story.verifier, R"(SELECT note_sites('[{"host":"a.example"}]'))", "PV001");
}

TEST_CASE("the queue's overview tells what is due, leased, coming and done") {
  Story story;
  confirm(story, 5);
  due_in(story, 1, -90);
  claim(story.verifier, "w1", 1);
  must(story.verifier.query("SELECT finish_check(1, 'w1', 1, '" + good_report + "')"));
  due_in(story, 2, -60);
  claim(story.verifier, "w1", 1);
  due_in(story, 3, 30);
  due_in(story, 4, 120);
  const auto rows = must(story.alba.query("SELECT * FROM queue_overview"));
  CHECK(rows.integer(0, "due") == 1);
  CHECK(rows.integer(0, "leased") == 1);
  CHECK(rows.integer(0, "due_next_hour") == 1);
  CHECK(rows.integer(0, "due_next_day") == 2);
  CHECK(rows.integer(0, "finished_last_hour") == 1);
  CHECK(value(story.alba, "SELECT outcome FROM outcomes_overview") == "ok");
}
