// Turns: a site is one worker's at a time, however many ask for it.
#include <set>
#include <thread>

#include "core/crawl/crawler.h"
#include "core/net/url.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

pg::Rows claim(pg::Connection& verifier, const std::string& worker, int max_checks = 10,
               const pg::Connection::Param& since = std::nullopt) {
  return must(verifier.query("SELECT * FROM claim_checks($1, $2::int, '15 minutes', $3::timestamptz)",
                             {worker, std::to_string(max_checks), since}));
}

void leave(pg::Connection& verifier, const std::string& worker, const std::string& site,
           const std::string& wait = "0") {
  must(verifier.query("SELECT leave_sites($1, $2::text[], $3::interval[])",
                      {worker, "{" + site + "}", "{" + wait + "}"}));
}

bool takes(pg::Connection& verifier, const std::string& worker, const std::string& site) {
  return !must(verifier.query("SELECT take_turns($1, $2::text[], '15 minutes')", {worker, "{" + site + "}"}))
              .empty();
}

// As if that much time had passed at the sites.
void pass(Story& story, const std::string& time) {
  must(story.root.exec("UPDATE site_turns SET until = until - interval '" + time +
                       "', wanted_until = wanted_until - interval '" + time + "'"));
}

void confirm(Story& story, int contacts, const std::string& page) {
  static int number = 0;
  for (int i = 0; i < contacts; ++i) {
    const std::string name = std::to_string(++number);
    story.confirmed("Asamblea " + name, "a" + name + "@example.org", page + name);
  }
}

// Contacts with a due check each, as many as a test of quantities needs: the first `hot` ones at one site,
// each other at its own, in that order.
void crowd(Story& story, int checks, int hot) {
  must(story.root.exec(
      "SET session_replication_role = replica;"
      "INSERT INTO assemblies (name) SELECT 'Crowd ' || i FROM generate_series(1, " +
      std::to_string(checks) +
      ") AS i;"
      "INSERT INTO contacts (list_id, assembly_id, address, evidence_url, language, state, salt) "
      "SELECT (SELECT list_id FROM lists), assembly_id, 'a' || n || '@example.org', 'https://s' || "
      "CASE WHEN n <= " +
      std::to_string(hot) +
      " THEN 0 ELSE n END || '.example/', 'es', 'confirmed', new_salt() "
      "FROM (SELECT assembly_id, row_number() OVER (ORDER BY assembly_id) AS n FROM assemblies) AS a;"
      "SET session_replication_role = origin;"
      "INSERT INTO checks (contact_id, due_at) "
      "SELECT contact_id, now() - interval '1 hour' + contact_id * interval '1 ms' FROM contacts"));
}

// What a claim of up to 100 checks came to: the blocks that it touched, the entries of the queue's index that
// it walked over, also dead ones, and the checks that it brought.
struct Cost {
  std::int64_t blocks;
  std::int64_t entries;
  std::int64_t checks;
  std::string mark;
};
Cost cost_of_claim(Story& story, const std::string& mark) {
  must(story.root.exec("DROP TABLE IF EXISTS claimed; CREATE TABLE claimed (was_due timestamptz)"));
  must(story.root.exec("BEGIN"));
  const std::string since = mark.empty() ? "NULL" : "'" + mark + "'";
  // Of this transaction, and of those before it that have not been written down yet.
  const std::string walked = "SELECT pg_stat_get_xact_tuples_returned('checks_due'::regclass)";
  const auto before = number(story.root, walked);
  const auto plan =
      must(story.root.query("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) INSERT INTO claimed SELECT was_due FROM "
                            "claim_checks('w1', 100, "
                            "'15 minutes', " +
                            since + ")"));
  const std::string json(plan.text(0, "\"QUERY PLAN\""));
  const auto blocks = [&](const std::string& name) {  // the first one is of the whole statement
    const std::string field = "\"Shared " + name + " Blocks\": ";
    const auto at = json.find(field);
    REQUIRE(at != std::string::npos);
    return std::stoll(json.substr(at + field.size()));
  };
  const auto entries = number(story.root, walked) - before;
  must(story.root.exec("COMMIT"));
  return {blocks("Hit") + blocks("Read"), entries, number(story.root, "SELECT count(*) FROM claimed"),
          value(story.root, "SELECT max(was_due) FROM claimed")};
}

}  // namespace

TEST_CASE(
    "the register calls a site what the verifier calls one, for every URL as the command line writes it") {
  Story story;
  for (const std::string typed :
       {"https://example.org/contact", "http://www.example.org:8080", "HTTPS://WWW.Example.ORG./x?y#z",
        "https://www.www.example.org/", "https://www/", "https://www./", "https://wwwx.example/",
        "https://asamblea.github.io/www.", "http://127.0.0.1:80/", "http://0x7f.1/",
        "http://[2001:db8:0::1]:443/x", "https://www.m\xc3\xbcnchen.example/\xc3\xb1",
        "https://example.org?www.", "https://a_b.example/"}) {
    CAPTURE(typed);
    const std::string url = must(Url::parse(typed)).text();
    const auto site = must(story.root.query("SELECT site_of($1) AS site", {url}));
    CHECK(site.text(0, "site") == paced_name(host_of(url)));
  }
}

TEST_CASE("whatever stands as a page's URL has a site, so that no claim stumbles over it") {
  Story story;
  for (const std::string url :
       {"https://www.", "http://:80/", "http://.", "http://[]/", "https://www..x/", "http://[x"})
    confirm(story, 1, url + (url.ends_with('/') ? "" : "/"));
  CHECK(claim(story.verifier, "w1").size() == 6);
}

TEST_CASE("a claim takes the turns of its sites, and another worker gets the checks of other sites only") {
  Story story;
  confirm(story, 3, "https://www.one.example/");
  const auto first = claim(story.verifier, "w1", 1);
  REQUIRE(first.size() == 1);
  CHECK(first.text(0, "site") == "one.example");
  CHECK(claim(story.verifier, "w2").empty());
  CHECK(claim(story.verifier, "w1").empty());  // a turn is one batch
  confirm(story, 2, "https://two.example/");
  const auto second = claim(story.verifier, "w2");
  REQUIRE(second.size() == 2);
  CHECK(second.text(0, "site") == "two.example");
}

TEST_CASE("workers who claim at the same moment never have one site both") {
  Story story;
  for (int i = 0; i < 40; ++i) confirm(story, 3, "https://s" + std::to_string(i % 10) + ".example/");
  constexpr std::size_t workers = 3;
  std::vector<pg::Connection> connections;
  for (std::size_t i = 0; i < workers; ++i) connections.push_back(story.as("verifier1"));
  std::vector<std::set<std::string>> sites(workers);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        auto rows =
            connections[i].query("SELECT site FROM claim_checks($1, 7, '1 hour')", {"w" + std::to_string(i)});
        for (std::size_t row = 0; rows && row < rows->size(); ++row)
          sites[i].emplace(rows->text(row, "site"));
      }
    });
  for (auto& thread : threads) thread.join();
  std::set<std::string> different;
  std::size_t all = 0;
  for (const auto& each : sites) {
    different.insert(each.begin(), each.end());
    all += each.size();
  }
  CHECK(different.size() == 10);
  CHECK(all == 10);
  CHECK(number(story.root,
               "SELECT count(*) FROM checks AS k JOIN site_turns AS t USING (site) "
               "WHERE k.worker IS NOT NULL AND k.worker <> t.worker") == 0);
}

TEST_CASE(
    "leaving a site ends the turn, and the next worker keeps the pause or the wait that the site asked for") {
  Story story;
  confirm(story, 2, "https://one.example/");
  claim(story.verifier, "w1", 1);
  leave(story.verifier, "w2", "one.example");  // not w2's
  CHECK(claim(story.verifier, "w2").empty());
  leave(story.verifier, "w1", "one.example", "2 seconds");
  CHECK(claim(story.verifier, "w2").empty());
  CHECK(number(story.verifier, "SELECT ceil(extract(epoch FROM next_turn()))::int") == 2);
  pass(story, "2 seconds");
  CHECK(claim(story.verifier, "w2").size() == 1);
  leave(story.verifier, "w2", "one.example", "400 days");  // Retry-After; a day at the most
  pass(story, "23 hours");
  confirm(story, 1, "https://one.example/");
  CHECK(claim(story.verifier, "w1").empty());
  CHECK_FALSE(takes(story.verifier, "w1", "one.example"));
  pass(story, "1 hour");
  CHECK(takes(story.verifier, "w1", "one.example"));
  refused(story.verifier, "SELECT leave_sites('w1', '{a,b}', '{0}')", "PV001");
  refused(story.verifier, "SELECT leave_sites('w1', '{a}', '{-1 s}')", "PV001");
  refused(story.verifier, "SELECT leave_sites(' ', '{a}', '{0}')", "PV001");
}

TEST_CASE("a worker that died loses the turn by its lease, and cannot end the turn of who came after it") {
  Story story;
  confirm(story, 1, "https://one.example/");
  claim(story.verifier, "w1");
  must(story.root.exec("UPDATE checks SET due_at = now()"));
  pass(story, "14 minutes");
  CHECK(claim(story.verifier, "w2").empty());
  CHECK(value(story.verifier, "SELECT next_turn()").empty());  // it is somebody's: nobody knows
  pass(story, "1 minute");
  CHECK(claim(story.verifier, "w2").size() == 1);
  leave(story.verifier, "w1", "one.example");
  CHECK(value(story.root, "SELECT worker FROM site_turns") == "w2");
}

TEST_CASE("a site to which a page leads is asked for, and claims leave it to who asked") {
  Story story;
  confirm(story, 2, "https://one.example/");
  CHECK(takes(story.verifier, "w2", "elsewhere.example"));
  CHECK_FALSE(takes(story.verifier, "w1", "elsewhere.example"));
  CHECK_FALSE(takes(story.verifier, "w2", "elsewhere.example"));  // another thread of the same worker
  claim(story.verifier, "w1", 1);
  CHECK_FALSE(takes(story.verifier, "w2", "one.example"));
  leave(story.verifier, "w1", "one.example");
  CHECK(claim(story.verifier, "w1").empty());
  CHECK(takes(story.verifier, "w2", "one.example"));
  leave(story.verifier, "w2", "one.example");
  CHECK(claim(story.verifier, "w1").size() == 1);
  // Who asked and came no more keeps nobody waiting.
  CHECK_FALSE(takes(story.verifier, "w2", "one.example"));
  leave(story.verifier, "w1", "one.example");
  confirm(story, 1, "https://one.example/");
  CHECK(claim(story.verifier, "w1").empty());
  pass(story, "5 seconds");
  CHECK(claim(story.verifier, "w1").size() == 1);
  refused(story.verifier, "SELECT take_turns('', '{a}', '1 hour')", "PV001");
  refused(story.verifier, "SELECT take_turns('w', '{a}', '0')", "PV001");
}

TEST_CASE("a turn is at most 20 checks, so that a large site starves neither the others nor its own") {
  Story story;
  crowd(story, 130, 100);
  const auto first = claim(story.verifier, "w1", 50);
  CHECK(first.size() == 20);
  const auto second = claim(story.verifier, "w2", 50);
  CHECK(second.size() == 30);
  for (std::size_t row = 0; row < second.size(); ++row) CHECK(second.text(row, "site") != "s0.example");
  leave(story.verifier, "w1", "s0.example");
  const auto third = claim(story.verifier, "w2", 50);
  REQUIRE(third.size() == 20);
  CHECK(third.text(0, "site") == "s0.example");
}

TEST_CASE("with the low-water mark a claim does not walk over the checks of a site that is another's") {
  Story story;
  crowd(story, 5'300, 5'000);
  CHECK(cost_of_claim(story, "").checks == 20);  // the large site's turn
  const Cost past = cost_of_claim(story, "");    // once over all of them
  CHECK(past.checks == 100);
  const Cost marked = cost_of_claim(story, past.mark);
  CHECK(marked.checks == 100);
  INFO("past the site " << past.entries << " entries, " << past.blocks << " blocks; with the mark "
                        << marked.entries << " entries, " << marked.blocks << " blocks");
  CHECK(past.entries <= 5'200);
  CHECK(marked.entries < 150);
  CHECK(marked.blocks < past.blocks - 4'900);  // each of them was a look at its site's turn
}

TEST_CASE("under an old snapshot, claims with the low-water mark cost as much at the end as at the start") {
  Story story;
  crowd(story, 6'000, 1);
  auto old = story.superuser();  // as a dump
  must(old.exec("BEGIN ISOLATION LEVEL REPEATABLE READ"));
  must(old.exec("SELECT count(*) FROM portavoz.checks"));
  const Cost first = cost_of_claim(story, "");
  Cost last = first;
  for (int i = 1; i < 58; ++i) {
    last = cost_of_claim(story, last.mark);
    REQUIRE(last.checks == 100);
  }
  const Cost unmarked = cost_of_claim(story, "");
  INFO("the first claim " << first.entries << " entries, " << first.blocks << " blocks; the 58th "
                          << last.entries << ", " << last.blocks << "; the next one without the mark "
                          << unmarked.entries << ", " << unmarked.blocks);
  CHECK(unmarked.checks == 100);
  CHECK(last.entries < first.entries + 50);
  CHECK(last.blocks < first.blocks * 3 / 2);
  CHECK(unmarked.entries > 5'800);  // what the mark spares
  must(old.exec("ROLLBACK"));
}

TEST_CASE("who claimed nothing is told when it is worth to claim again") {
  Story story;
  CHECK(value(story.verifier, "SELECT next_turn()").empty());
  confirm(story, 1, "https://one.example/");
  CHECK(value(story.verifier, "SELECT next_turn()") == "00:00:00");  // another one's claim was in the way
  claim(story.verifier, "w1");
  CHECK(value(story.verifier, "SELECT next_turn()").empty());
  confirm(story, 1, "https://one.example/");
  CHECK(value(story.verifier, "SELECT next_turn()").empty());  // its worker will leave, nobody knows when
  confirm(story, 1, "https://two.example/");
  CHECK(value(story.verifier, "SELECT next_turn()") == "00:00:00");
}
