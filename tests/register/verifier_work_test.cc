// The verifier at work on the real register, with a real web server.
#include <cstdio>
#include <thread>

#include "adapters/os/log.h"
#include "adapters/renderer/server.h"
#include "adapters/sodium/hash.h"
#include "core/base/text.h"
#include "tests/lib/temp_dir.h"
#include "tests/lib/web_server.h"
#include "tests/register/story.h"
#include "verifier/evidence_store.h"
#include "verifier/work.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

struct Bench {
  Story story;
  WebServer web;
  TempDir evidence;
  CheckQueue queue{story.dsn_as("verifier1"), "worker-1"};

  [[nodiscard]] Settings::Verifier settings() const {
    Settings::Verifier settings;
    settings.evidence = evidence.path();
    settings.resolvers = {"127.0.0.1:" + std::to_string(web.dns)};
    settings.allow = {"127.0.0.1:" + std::to_string(web.http)};
    settings.about = "https://example.org/";
    settings.threads = 2;
    settings.in_flight = 100;
    settings.pause = Seconds(0);
    return settings;
  }

  // A confirmed contact whose evidence page is this one.
  std::int64_t confirmed(const std::string& path) {
    return story.confirmed("Asamblea Norte", "north@example.org", web.url(path));
  }

  void work() { must(portavoz::work(queue, {settings(), "host.example", true, false}, std::stop_token())); }
  // What the server answers to the path.
  [[nodiscard]] std::string get(const std::string& path) const {
    const std::string command = "curl -s --noproxy '*' " + web.url(path);
    std::FILE* out = ::popen(command.c_str(), "r");
    REQUIRE(out != nullptr);
    std::string text;
    for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out)) text += static_cast<char>(c);
    ::pclose(out);
    return text;
  }
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

TEST_CASE("a verifier that is stopped gives back what it has not looked at, and no look is used up") {
  Bench bench;
  for (int i = 0; i < 3; ++i)
    bench.story.confirmed("Asamblea " + std::to_string(i), "a" + std::to_string(i) + "@example.org",
                          bench.web.url("/loaded/" + std::to_string(i)));
  auto patient = bench.settings();
  patient.pause = Seconds(40);  // after robots.txt every page waits for its turn
  std::stop_source stop;
  std::thread worker([&] {
    must(work(bench.queue, {patient, "host.example", false, false}, stop.get_token()));
  });
  while (bench.get("/load").find("/robots.txt") == std::string::npos) std::this_thread::yield();
  stop.request_stop();
  worker.join();
  CHECK(number(bench.story.alba, "SELECT count(*) FROM checks_overview WHERE state = 'due'") == 3);
  CHECK(value(bench.story.alba, "SELECT DISTINCT why FROM checks_overview") == "the verifier was stopped");
  CHECK(number(bench.story.root, "SELECT max(attempt - given_back) FROM checks") == 0);
  bench.work();
  CHECK(number(bench.story.alba, "SELECT count(*) FROM reports_overview") == 3);
}

TEST_CASE("two verifiers share a queue: each page is read once, and one site is asked one thing at a time") {
  Bench bench;
  constexpr int checks = 12;
  for (int i = 0; i < checks; ++i)
    bench.story.confirmed("Asamblea " + std::to_string(i), "a" + std::to_string(i) + "@example.org",
                          bench.web.url("/loaded/" + std::to_string(i)));
  CheckQueue other{bench.story.dsn_as("verifier1"), "worker-2"};
  auto one_thread = bench.settings();
  one_thread.in_flight = 2;  // so that each gets some
  const WorkOptions options{one_thread, "host.example", true, false, Lexicon::built_in()};
  std::thread second([&] { must(work(other, options, std::stop_token())); });
  must(work(bench.queue, options, std::stop_token()));
  second.join();
  CHECK(number(bench.story.alba, "SELECT count(*) FROM reports_overview") == checks);
  const std::string load = bench.get("/load");
  for (int i = 0; i < checks; ++i) {
    const std::string path = " /loaded/" + std::to_string(i) + " ";
    const auto first = (load + " ").find(path);
    CHECK(first != std::string::npos);
    CHECK((load + " ").find(path, first + 1) == std::string::npos);
  }
}

TEST_CASE("one verifier has one connection to a site, however many of its pages are due") {
  Bench bench;
  for (int i = 0; i < 12; ++i)
    bench.story.confirmed("Asamblea " + std::to_string(i), "a" + std::to_string(i) + "@example.org",
                          bench.web.url("/loaded/" + std::to_string(i)));
  bench.work();
  CHECK(number(bench.story.alba, "SELECT count(*) FROM reports_overview") == 12);
  CHECK(bench.get("/load").starts_with("1 "));
}

TEST_CASE("a page that robots.txt forbids is reported as such, and read once an admin overrides that") {
  Bench bench;
  const std::string url = "http://good.test:" + std::to_string(bench.web.http) + "/loaded/secret";
  const auto contact = bench.story.confirmed("Asamblea Norte", "north@example.org", url);
  bench.work();
  CHECK(value(bench.story.alba, "SELECT outcome FROM reports_overview") == "robots_disallowed");
  CHECK(value(bench.story.alba, "SELECT published FROM report_detail").empty());
  CHECK(bench.get("/load").find("/loaded/secret") == std::string::npos);
  must(bench.story.alba.query("SELECT robots_rule('good.test', true, 'they agreed by telephone')"));
  must(bench.story.alba.query("SELECT request_check(" + std::to_string(contact) + ")"));
  bench.work();
  CHECK(value(bench.story.alba, "SELECT outcome FROM reports_overview ORDER BY report_id DESC LIMIT 1") ==
        "ok");
  CHECK(value(bench.story.alba, "SELECT reasons::text FROM report_detail ORDER BY report_id DESC LIMIT 1")
            .find("an admin overrode it") != std::string::npos);
  CHECK(number(bench.story.alba,
               "SELECT count(*) FROM report_detail, jsonb_array_elements(reasons) AS reason "
               "WHERE NOT coalesce(reason ?& ARRAY['en', 'es'], false)") == 0);
}

TEST_CASE("a site that asks to wait is known to the register, and its other checks go back unused") {
  Bench bench;
  bench.story.confirmed("Asamblea Norte", "north@example.org", bench.web.url("/later"));
  bench.work();
  CHECK(value(bench.story.alba, "SELECT why FROM checks_overview") ==
        "outcome=retry_later (HTTP status 503)");
  CHECK(number(bench.story.root, "SELECT wait_s FROM site_rules WHERE host = '127.0.0.1'") > 7000);
  bench.story.confirmed("Asamblea Sur", "south@example.org", bench.web.url("/loaded/1"));
  bench.work();
  CHECK(value(bench.story.alba, "SELECT state FROM checks_overview WHERE check_id = 2") == "due");
  CHECK(number(bench.story.root, "SELECT attempt - given_back FROM checks WHERE check_id = 2") == 0);
  CHECK(bench.get("/load").find("/loaded/1") == std::string::npos);
}

TEST_CASE("a page that a renderer shows is reported with what it showed and a picture, beside what came") {
  Bench bench;
  const TempDir directory;
  const std::string picture = "\x89PNG\r\n\x1a\n";
  RenderRequest request;
  auto renderer = must(RenderServer::create(
      directory / "render.sock",
      [&](const RenderRequest& asked, const std::vector<int>&) -> Result<Rendered> {
        request = asked;
        return Rendered{"<footer>Contact: north@example.org</footer>", picture};
      },
      [](const std::string&) {}));
  std::thread serving([&] { renderer->serve(); });
  auto with_renderer = bench.settings();
  with_renderer.renderer = directory / "render.sock";
  bench.confirmed("/script-only");
  must(work(bench.queue, {with_renderer, "host.example", true, false}, std::stop_token()));
  renderer->stop();
  serving.join();
  CHECK(request.url == bench.web.url("/script-only"));
  CHECK(request.content_type == "text/html; charset=utf-8");
  const auto report = must(bench.story.alba.query("SELECT * FROM report_detail"));
  REQUIRE(report.size() == 1);
  CHECK(report.boolean(0, "published"));
  CHECK(std::string(report.text(0, "reasons")).find("by a browser") != std::string::npos);
  CHECK(read_all(std::string(report.text(0, "rendered_path"))) ==
        "<footer>Contact: north@example.org</footer>");
  CHECK(read_all(std::string(report.text(0, "screenshot_path"))) == picture);
  CHECK(to_hex(sha256(read_all(std::string(report.text(0, "body_path"))))) == report.text(0, "body_sha256"));
  CHECK(read_all(std::string(report.text(0, "body_path"))).find("<script>") != std::string::npos);
}

TEST_CASE("while the renderer is away or off, a page that needs a browser is reported as such") {
  Bench bench;
  const TempDir directory;
  for (const std::string& path : {std::string(), directory / "render.sock"}) {
    auto settings = bench.settings();
    settings.renderer = path;
    bench.story.confirmed("Asamblea " + path, "north@example.org", bench.web.url("/script-only"));
    must(work(bench.queue, {settings, "host.example", true, false}, std::stop_token()));
  }
  const auto report = must(bench.story.alba.query("SELECT * FROM report_detail"));
  REQUIRE(report.size() == 2);
  for (std::size_t row = 0; row < 2; ++row) {
    CHECK(report.text(row, "outcome") == "ok");
    CHECK(report.is_null(row, "published"));
    CHECK(std::string(report.text(row, "reasons")).find("a script fetches it") != std::string::npos);
    CHECK(report.is_null(row, "screenshot_path"));
    CHECK(report.is_null(row, "rendered_path"));
  }
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
