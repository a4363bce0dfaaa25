// The verifier at work on the real register, with a real web server.
#include "adapters/os/log.h"
#include "adapters/sodium/hash.h"
#include "core/base/text.h"
#include "tests/lib/temp_dir.h"
#include "tests/lib/web_server.h"
#include "tests/register/story.h"
#include "verifier/work.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

struct Bench {
  Story story;
  WebServer web;
  TempDir evidence;
  CheckQueue queue{story.dsn_as("verifier1"), "worker-1"};
  Examiner examiner = must(Examiner::create(settings(), "host.example"));

  [[nodiscard]] Settings::Verifier settings() const {
    Settings::Verifier settings;
    settings.evidence = evidence.path();
    settings.resolvers = {"127.0.0.1:" + std::to_string(web.dns)};
    settings.allow = {"127.0.0.1:" + std::to_string(web.http)};
    settings.about = "https://example.org/";
    return settings;
  }

  // A confirmed contact whose evidence page is this one.
  std::int64_t confirmed(const std::string& path) {
    return story.confirmed("Asamblea Norte", "north@example.org", web.url(path));
  }

  void work() { must(work_once(queue, examiner, std::stop_token())); }
  void make_due() {
    must(story.root.exec("UPDATE portavoz.checks SET due_at = now() WHERE finished_at IS NULL"));
  }
};

}  // namespace

TEST_CASE(
    "the verifier leaves a report with the page's octets beside it, and the contact waits for an admin") {
  Bench bench;
  const auto contact = bench.confirmed("/two-hops");
  bench.work();
  CHECK(bench.story.state(contact) == "reported");
  const auto report = must(bench.story.alba.query("SELECT * FROM report_detail"));
  REQUIRE(report.size() == 1);
  CHECK(report.text(0, "outcome") == "ok");
  CHECK(report.boolean(0, "published"));
  CHECK(report.boolean(0, "official"));
  CHECK(report.text(0, "form") == "mailto");
  CHECK(report.integer(0, "http_status") == 200);
  CHECK(report.text(0, "final_url") == bench.web.url("/page"));
  const std::string octets = read_all(std::string(report.text(0, "body_path")));
  CHECK(octets.size() == static_cast<std::size_t>(report.integer(0, "body_bytes")));
  CHECK(to_hex(sha256(octets)) == report.text(0, "body_sha256"));
}

TEST_CASE("a page that cannot be read now is tried twice more, then reported as not known") {
  Bench bench;
  const auto contact = bench.confirmed("/broken");
  for (int attempt = 1; attempt <= 2; ++attempt) {
    bench.work();
    CHECK(bench.story.state(contact) == "confirmed");
    CHECK(value(bench.story.alba, "SELECT why FROM checks_overview") ==
          "outcome=http_error (HTTP status 500)");
    bench.work();  // it is not due: nothing happens
    CHECK(number(bench.story.alba, "SELECT attempt FROM checks_overview") == attempt);
    bench.make_due();
  }
  bench.work();
  const auto report = must(bench.story.alba.query("SELECT * FROM report_detail"));
  REQUIRE(report.size() == 1);
  CHECK(report.text(0, "outcome") == "http_error");
  CHECK(report.is_null(0, "published"));
  CHECK(report.is_null(0, "official"));
  CHECK(report.is_null(0, "body_sha256"));
  CHECK(entries(bench.evidence.path()) == 0);
}

TEST_CASE("a page that is gone is reported at once, as not known") {
  Bench bench;
  bench.confirmed("/missing");
  bench.work();
  const auto report = must(bench.story.alba.query("SELECT * FROM report_detail"));
  REQUIRE(report.size() == 1);
  CHECK(report.text(0, "outcome") == "http_error");
  CHECK(report.is_null(0, "published"));
}

TEST_CASE("a verifier that is stopped gives back what it has not begun") {
  Bench bench;
  bench.confirmed("/page");
  std::stop_source stopped;
  stopped.request_stop();
  must(work_once(bench.queue, bench.examiner, stopped.get_token()));
  CHECK(value(bench.story.alba, "SELECT state FROM checks_overview") == "due");
  bench.work();
  CHECK(number(bench.story.alba, "SELECT count(*) FROM reports_overview") == 1);
}

TEST_CASE("the same octets are kept once") {
  const TempDir directory;
  const EvidenceStore store(directory.path());
  const auto first = must(store.keep("a page"));
  write_all(first.path, "damaged");
  const auto second = must(store.keep("a page"));
  CHECK(first.path == second.path);
  CHECK(read_all(second.path) == "a page");
  CHECK(entries(directory.path()) == 1);
}
