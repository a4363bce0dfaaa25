// The evidence of checks: what the register knows of its files, and what a host may remove.
#include <filesystem>

#include "adapters/os/clock.h"
#include "adapters/sodium/hash.h"
#include "core/base/text.h"
#include "tests/lib/temp_dir.h"
#include "tests/register/story.h"
#include "verifier/evidence_store.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

// A check that is finished with the evidence in these files of host h1; the report.
std::int64_t finished(Story& story, std::int64_t contact, const std::string& path,
                      const std::string& response) {
  story.end_turns();
  must(story.verifier.query("SELECT claim_checks('w1', 100, '1 hour')"));
  const auto check = must(
      story.root.query("SELECT check_id, attempt FROM checks WHERE contact_id = $1 AND finished_at IS NULL",
                       {std::to_string(contact)}));
  const std::string evidence = R"({"host":"h1","path":")" + path + R"(","sha256":")" + std::string(64, 'a') +
                               R"(","bytes":7,"response_path":)" +
                               (response.empty() ? "null" : "\"" + response + "\"") + "}";
  const auto rows =
      must(story.verifier.query("SELECT finish_check($1, 'w1', $2, $3, $4::jsonb) AS report",
                                {std::string(check.text(0, "check_id")),
                                 std::string(check.text(0, "attempt")), good_report, evidence}));
  return rows.integer(0, "report");
}

std::string in_use(Story& story) {
  return value(story.verifier, "SELECT string_agg(path, ' ' ORDER BY path) FROM evidence_in_use() AS path");
}

void approve(Story& story, std::int64_t report) {
  must(story.alba.query("SELECT approve($1, 'the page names it')", {std::to_string(report)}));
}

void check_again(Story& story, std::int64_t contact) {
  must(story.alba.query("SELECT request_check($1)", {std::to_string(contact)}));
}

FetchResult fetched(const std::string& body) {
  FetchResult result;
  result.outcome = FetchOutcome::ok;
  result.whole = true;
  result.http_status = 200;
  result.final_url = "https://norte.example/";
  result.body = body;
  result.request_octets = "GET / HTTP/1.1\r\n\r\n";
  result.response_octets = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body;
  return result;
}

struct Shelf {
  TempDir directory;
  EvidenceStore store{directory.path(), "h1"};
  std::int64_t checks = 0;

  Result<KeptEvidence> try_keep(const FetchResult& result, const EvidenceStore::Place& earlier = {}) {
    return store.keep(++checks, 1, {result, {}, *parse_rfc3339("2026-11-23T09:00:00Z"), "v", "u", "{}"},
                      earlier);
  }
  KeptEvidence keep(const FetchResult& result, const EvidenceStore::Place& earlier = {}) {
    return must(try_keep(result, earlier));
  }
  std::uint64_t tidy(const std::set<std::string>& kept, std::uint64_t budget,
                     Seconds time = Seconds(1'000'000)) {
    return must(store.tidy(kept, {budget, time}, now()));
  }
};

EvidenceStore::Place place(const KeptEvidence& kept) {
  return {kept.host, kept.response_path, kept.body_sha256};
}

bool there(const std::string& path) { return std::filesystem::exists(path); }

}  // namespace

TEST_CASE("a report is taken with its evidence, once, and the hash of the file enters the chain") {
  Story story;
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  const auto report = finished(story, contact, "/e/1", "/e/1");
  const auto row = must(story.alba.query("SELECT * FROM evidence_overview"));
  REQUIRE(row.size() == 1);
  CHECK(row.integer(0, "report_id") == report);
  CHECK(row.text(0, "host") == "h1");
  CHECK(row.text(0, "path") == "/e/1");
  CHECK(row.text(0, "sha256") == std::string(64, 'a'));
  CHECK(row.integer(0, "bytes") == 7);
  CHECK(row.is_null(0, "approved_report"));
  CHECK_THAT(value(story.alba, "SELECT detail::text FROM history WHERE action = 'evidence'"),
             Contains(std::string(64, 'a')));
  // The answer was lost on its way, and the verifier says it once more.
  CHECK(number(story.verifier, "SELECT finish_check(1, 'w1', 1, '" + good_report +
                                   R"(', '{"host":"h2","path":"/x","sha256":")" + std::string(64, 'b') +
                                   R"(","bytes":1}'))") == report);
  CHECK(value(story.alba, "SELECT path FROM evidence_overview") == "/e/1");
}

TEST_CASE("a report whose evidence cannot be taken is not taken either") {
  Story story;
  story.confirmed("Asamblea Norte", "norte@example.org");
  must(story.verifier.query("SELECT claim_checks('w1', 100, '1 hour')"));
  for (const char* evidence : {"null", "{}", R"({"host":"h1","path":"/e/1","sha256":"aa","bytes":1})",
                               R"({"host":" ","path":"/e/1","sha256":"aa","bytes":1})",
                               R"({"host":"h1","path":"/e/1","sha256":"no","bytes":1})"}) {
    CAPTURE(evidence);
    refused(story.verifier, "SELECT finish_check(1, 'w1', 1, '" + good_report + "', '" + evidence + "')",
            "PV001");
  }
  CHECK(number(story.alba, "SELECT count(*) FROM reports_overview") == 0);
}

TEST_CASE(
    "evidence of a report that waits, or was approved last, is in use, with the response that it refers to") {
  Story story;
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  finished(story, contact, "/e/1", "/e/1");
  CHECK(in_use(story) == "/e/1");
  check_again(story, contact);
  finished(story, contact, "/e/2", "/e/1");
  CHECK(in_use(story) == "/e/1 /e/2");
  check_again(story, contact);
  const auto third = finished(story, contact, "/e/3", "/e/3");
  CHECK(in_use(story) == "/e/3");  // the others were superseded
  approve(story, third);
  CHECK(in_use(story) == "/e/3");
  check_again(story, contact);
  finished(story, contact, "/e/4", "");
  CHECK(in_use(story) == "/e/3");
  CHECK(number(story.alba, "SELECT approved_report FROM evidence_overview WHERE path = '/e/4'") == third);
  CHECK(value(story.alba, "SELECT approved_response_path FROM evidence_overview WHERE path = '/e/4'") ==
        "/e/3");
  must(story.alba.query("SELECT suspend($1, 'stolen')", {std::to_string(contact)}));
  CHECK(in_use(story) == "/e/3");  // it may be restored
  must(story.alba.query("SELECT retire($1, 'they are gone')", {std::to_string(contact)}));
  CHECK(in_use(story).empty());
}

TEST_CASE("a claim says where the last response is, and passes over a page behind a link") {
  Story story;
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  finished(story, contact, "/e/1", "/e/1");
  const auto claimed = [&] {
    check_again(story, contact);
    story.end_turns();
    return must(story.verifier.query("SELECT * FROM claim_checks('w1', 1, '1 hour')"));
  };
  auto row = claimed();
  CHECK(row.text(0, "response_host") == "h1");
  CHECK(row.text(0, "response_path") == "/e/1");
  std::string behind = good_report;
  behind.insert(behind.size() - 1, R"(,"found_url":"https://norte.example/x","etag":"\"of x\"")");
  must(story.verifier.query(
      "SELECT finish_check($1, 'w1', $2, $3)",
      {std::string(row.text(0, "check_id")), std::string(row.text(0, "attempt")), behind}));
  row = claimed();
  CHECK(row.is_null(0, "etag"));
  CHECK(row.text(0, "response_path") == "/e/1");
}

TEST_CASE("evidence is one file a check below the month, for the group to read, and names what it is") {
  Shelf shelf;
  const KeptEvidence kept = shelf.keep(fetched("a page"));
  CHECK(kept.path == shelf.directory / "2026/11/check-1-1.warc.gz");
  CHECK(kept.response_path == kept.path);
  CHECK(kept.host == "h1");
  CHECK(kept.sha256 == to_hex(sha256(read_all(kept.path))));
  CHECK(kept.bytes == read_all(kept.path).size());
  CHECK(kept.body_sha256 == to_hex(sha256("a page")));
  CHECK(kept.body_bytes == 6);
  CHECK((std::filesystem::status(kept.path).permissions() & std::filesystem::perms::all) ==
        std::filesystem::perms(0640));
  const auto found = shelf.store.find(place(kept));
  REQUIRE(found);
  CHECK(found->body == "a page");
}

TEST_CASE("the response of another host, of another hash or of no file of ours is not found") {
  Shelf shelf;
  const auto good = place(shelf.keep(fetched("a page")));
  auto other = good;
  SECTION("host") { other.host = "h2"; }
  SECTION("hash") { other.body_sha256 = to_hex(sha256("another page")); }
  SECTION("no path") { other.path.clear(); }
  SECTION("outside of the directory") { other.path = "/etc/2026/11/check-1-1.warc.gz"; }
  SECTION("another name") {
    other.path = shelf.directory / "2026/11/check-1.warc.gz";
    std::filesystem::copy_file(good.path, other.path);
  }
  SECTION("damaged") { write_all(good.path, "damaged"); }
  CHECK_FALSE(shelf.store.find(other));
}

TEST_CASE("a page that has not changed refers to the file with the response, however often") {
  Shelf shelf;
  const KeptEvidence first = shelf.keep(fetched("a page"));
  const KeptEvidence second = shelf.keep(fetched("a page"), place(first));
  const KeptEvidence third = shelf.keep(fetched("a page"), place(second));
  CHECK(second.path != first.path);
  CHECK(second.response_path == first.path);
  CHECK(third.response_path == first.path);
  CHECK(shelf.keep(fetched("another"), place(third)).response_path.ends_with("check-4-1.warc.gz"));
}

TEST_CASE("when the response is gone, the page is kept anew, or not at all when the server did not send it") {
  Shelf shelf;
  const KeptEvidence first = shelf.keep(fetched("a page"));
  std::filesystem::remove(first.path);
  CHECK(shelf.keep(fetched("a page"), place(first)).response_path.ends_with("check-2-1.warc.gz"));
  FetchResult told = fetched("a page");
  told.http_status = 304;
  told.response_octets = "HTTP/1.1 304 Not Modified\r\n\r\n";
  const auto refused_report = shelf.try_keep(told, place(first));
  REQUIRE_FALSE(refused_report);
  CHECK_THAT(refused_report.error().what, Contains("is not there any more"));
}

TEST_CASE("evidence past the budget is removed, a revisit before its response, and nothing that is in use") {
  Shelf shelf;
  const KeptEvidence first = shelf.keep(fetched("a page"));
  const KeptEvidence other = shelf.keep(fetched("another page"));
  const KeptEvidence again = shelf.keep(fetched("a page"), place(first));
  CHECK(shelf.tidy({}, first.bytes + other.bytes + again.bytes) == first.bytes + other.bytes + again.bytes);
  CHECK(there(other.path));
  shelf.tidy({}, first.bytes + again.bytes);
  CHECK_FALSE(there(other.path));
  CHECK(there(again.path));
  shelf.tidy({}, first.bytes);
  CHECK_FALSE(there(again.path));
  CHECK(there(first.path));
  CHECK(shelf.tidy({first.path}, 0) == first.bytes);
  CHECK(there(first.path));
  CHECK(shelf.tidy({}, 0) == 0);
  CHECK_FALSE(there(first.path));
}

TEST_CASE("evidence past its time is removed") {
  Shelf shelf;
  const KeptEvidence old = shelf.keep(fetched("a page"));
  const KeptEvidence young = shelf.keep(fetched("another page"));
  std::filesystem::last_write_time(old.path, std::filesystem::last_write_time(old.path) - Seconds(2000));
  shelf.tidy({}, 1 << 20, Seconds(1000));
  CHECK_FALSE(there(old.path));
  CHECK(there(young.path));
}

TEST_CASE("what a crash left half written is removed after an hour, and what is being written is not") {
  Shelf shelf;
  const KeptEvidence kept = shelf.keep(fetched("a page"));
  const std::string left = kept.path + ".AbC123.part";
  const std::string written_now = kept.path + ".x9Zyy0.part";
  const std::string foreign = shelf.directory / "notes.txt.AbC123.part";
  for (const std::string& path : {left, written_now, foreign}) write_all(path, "half");
  for (const std::string& path : {left, foreign})
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) - Seconds(3700));
  CHECK(shelf.tidy({kept.path}, 1 << 20) == kept.bytes);
  CHECK_FALSE(there(left));
  CHECK(there(written_now));
  CHECK(there(foreign));
  CHECK(there(kept.path));
}

TEST_CASE("files that the store did not make are nobody's to remove") {
  Shelf shelf;
  const KeptEvidence kept = shelf.keep(fetched("a page"));
  const std::vector<std::string> foreign{"notes.txt",
                                         "2026/11/notes.warc.gz",
                                         "2026/11/check-1-1.warc.gz.orig",
                                         "2026/11/check-1-x.warc.gz",
                                         "2026/check-1-1.warc.gz",
                                         "2026/11/12/check-1-1.warc.gz",
                                         "ab/ab12"};
  for (const auto& name : foreign) {
    std::filesystem::create_directories(std::filesystem::path(shelf.directory / name).parent_path());
    write_all(shelf.directory / name, "mine");
  }
  std::filesystem::create_symlink(shelf.directory / "notes.txt",
                                  shelf.directory / "2026/11/check-7-1.warc.gz");
  shelf.tidy({}, 0);
  CHECK_FALSE(there(kept.path));
  for (const auto& name : foreign) CHECK(there(shelf.directory / name));
  CHECK(there(shelf.directory / "2026/11/check-7-1.warc.gz"));
}
