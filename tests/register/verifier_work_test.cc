// The verifier at work on the real register, with a real web server.
#include <cstdio>
#include <filesystem>
#include <thread>

#include "adapters/os/log.h"
#include "adapters/renderer/server.h"
#include "adapters/sodium/hash.h"
#include "core/base/text.h"
#include "core/evidence/evidence_file.h"
#include "tests/lib/temp_dir.h"
#include "tests/lib/web_server.h"
#include "tests/register/story.h"
#include "verifier/work.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

const std::string real_judge = PORTAVOZ_BINARY_DIR "/bin/portavoz-judge";
const std::string bad_judge = PORTAVOZ_BINARY_DIR "/tests/confinement/bad_judge";

WorkOptions options(const Settings::Verifier& settings, bool once, const std::string& judge = real_judge) {
  return {settings, "host.example", once, false, {.program = judge, .lexicon = ""}};
}

Result<void> work(CheckQueue queue, const WorkOptions& how, const std::stop_token& stop) {
  auto prepared = Work::prepare(std::move(queue), how);
  return prepared ? prepared->run(stop) : Result<void>(prepared.error());
}

struct Bench {
  Story story;
  WebServer web;
  TempDir evidence;

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

  [[nodiscard]] CheckQueue queue(const std::string& worker = "worker-1") const {
    return {story.dsn_as("verifier1"), worker};
  }
  void work(const std::string& judge = real_judge) {
    must(::work(queue(), options(settings(), true, judge), std::stop_token()));
  }
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
    story.end_turns();
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
  const auto evidence = must(bench.story.alba.query("SELECT * FROM evidence_overview"));
  CHECK(evidence.text(0, "host") == "host.example");
  CHECK(evidence.text(0, "response_path") == evidence.text(0, "path"));
  const std::string octets = read_all(std::string(evidence.text(0, "path")));
  CHECK(octets.size() == static_cast<std::size_t>(evidence.integer(0, "bytes")));
  CHECK(to_hex(sha256(octets)) == evidence.text(0, "sha256"));
  const auto kept = must(read_kept_response(octets));
  CHECK(kept.url == bench.web.url("/page"));
  CHECK(kept.body.size() == static_cast<std::size_t>(report.integer(0, "body_bytes")));
  CHECK(to_hex(sha256(kept.body)) == report.text(0, "body_sha256"));
}

TEST_CASE("a page that the server calls unchanged is judged again from the response that is kept") {
  Bench bench;
  const auto contact = bench.confirmed("/validated");
  for (int look = 1; look <= 3; ++look) {
    bench.work();
    must(bench.story.alba.query("SELECT request_check(" + std::to_string(contact) + ")"));
  }
  const auto files = must(bench.story.alba.query("SELECT * FROM evidence_overview ORDER BY report_id"));
  REQUIRE(files.size() == 3);
  for (const std::size_t row : {1U, 2U}) {
    CHECK(files.text(row, "path") != files.text(0, "path"));
    CHECK(files.text(row, "response_path") == files.text(0, "path"));
  }
  CHECK(number(bench.story.alba,
               "SELECT count(*) FROM report_detail WHERE published AND http_status = 304") == 2);
  std::filesystem::remove(std::string(files.text(0, "path")));  // then the question is without conditions
  bench.work();
  CHECK(value(bench.story.alba,
              "SELECT http_status || ' ' || (response_path = path) FROM evidence_overview JOIN report_detail "
              "USING (report_id) ORDER BY report_id DESC LIMIT 1") == "200 true");
}

TEST_CASE("a verifier removes evidence past its budget when it starts, and keeps what an admin has to see") {
  Bench bench;
  const auto waits = bench.confirmed("/page");
  const auto ended = bench.story.confirmed("Asamblea Sur", "sur@example.org", bench.web.url("/page"));
  bench.work();
  must(bench.story.alba.query("SELECT reject(report_id, 'no') FROM reports_overview WHERE contact_id = " +
                              std::to_string(ended)));
  auto poor = bench.settings();
  poor.evidence_budget = 1;
  must(work(bench.queue(), options(poor, true), std::stop_token()));
  const auto files =
      must(bench.story.alba.query("SELECT path, contact_id FROM evidence_overview JOIN reports_overview "
                                  "USING (report_id) ORDER BY contact_id"));
  REQUIRE(files.size() == 2);
  CHECK(files.integer(0, "contact_id") == waits);
  CHECK(std::filesystem::exists(std::string(files.text(0, "path"))));
  CHECK_FALSE(std::filesystem::exists(std::string(files.text(1, "path"))));
}

TEST_CASE("there is no report without its evidence") {
  Bench bench;
  bench.confirmed("/page");
  auto blocked = bench.settings();
  write_all(bench.evidence / "file", "");
  blocked.evidence = bench.evidence / "file";
  must(work(bench.queue(), options(blocked, true), std::stop_token()));
  CHECK(number(bench.story.alba, "SELECT count(*) FROM reports_overview") == 0);
  CHECK(value(bench.story.alba, "SELECT why FROM checks_overview").find("is not a directory") !=
        std::string::npos);
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
  // What was said is kept all the same; there is no page in it.
  const auto evidence = must(bench.story.alba.query("SELECT * FROM evidence_overview"));
  CHECK(std::filesystem::exists(std::string(evidence.text(0, "path"))));
  CHECK(evidence.is_null(0, "response_path"));
}

TEST_CASE(
    "where the address's domain is gone, that is reported at once, also with a page that would be tried "
    "again") {
  Bench bench;
  const auto domain_of = [&](const std::string& address, const std::string& path) {
    const auto contact = bench.story.confirmed("Asamblea " + address, address, bench.web.url(path));
    bench.work();
    return value(
        bench.story.alba,
        "SELECT coalesce(domain, 'unknown') || ' ' || outcome FROM report_detail WHERE contact_id = " +
            std::to_string(contact));
  };
  CHECK(domain_of("north@gone.test", "/broken") == "gone http_error");
  CHECK(domain_of("north@gone.test", "/page") == "gone ok");
  CHECK(domain_of("north@example.org", "/page") == "there ok");  // it has no address of its own
  CHECK(domain_of("north@good.test", "/page") == "there ok");
  CHECK(domain_of("north@failing.test", "/page") == "unknown ok");
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
  std::thread worker([&] { must(work(bench.queue(), options(patient, false), stop.get_token())); });
  while (bench.get("/load").find("/robots.txt") == std::string::npos) std::this_thread::yield();
  stop.request_stop();
  worker.join();
  CHECK(number(bench.story.alba, "SELECT count(*) FROM checks_overview WHERE state = 'due'") == 3);
  CHECK(value(bench.story.alba, "SELECT DISTINCT why FROM checks_overview") == "the verifier was stopped");
  CHECK(number(bench.story.root, "SELECT max(attempt - given_back) FROM checks") == 0);
  CHECK(number(bench.story.root, "SELECT count(*) FROM site_turns WHERE worker IS NULL AND until > now()") ==
        1);
  bench.story.end_turns();  // the pause of the test's patient verifier
  bench.work();
  CHECK(number(bench.story.alba, "SELECT count(*) FROM reports_overview") == 3);
}

TEST_CASE("two verifiers share a queue: each page is read once, and one site is asked one thing at a time") {
  Bench bench;
  constexpr int checks = 12;
  for (int i = 0; i < checks; ++i)
    bench.story.confirmed("Asamblea " + std::to_string(i), "a" + std::to_string(i) + "@example.org",
                          bench.web.url("/loaded/" + std::to_string(i)));
  auto one_thread = bench.settings();
  one_thread.in_flight = 2;  // so that each gets some
  const WorkOptions both = options(one_thread, true);
  std::thread second([&] { must(work(bench.queue("worker-2"), both, std::stop_token())); });
  must(work(bench.queue(), both, std::stop_token()));
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

TEST_CASE(
    "a page that leads to another site waits while a verifier elsewhere is there, and keeps nobody from its "
    "own") {
  Bench bench;
  auto& root = bench.story.root;
  must(root.exec("INSERT INTO site_turns VALUES ('good.test', 'elsewhere', now() + interval '1 hour')"));
  bench.confirmed("/to-other-site");
  std::stop_source stop;
  std::thread worker([&] { must(work(bench.queue(), options(bench.settings(), false), stop.get_token())); });
  const auto wait_for = [&](const std::string& condition) {
    for (int i = 0; i < 6000 && value(root, "SELECT EXISTS (" + condition + ")") != "true"; ++i)
      std::this_thread::sleep_for(Millis(10));
  };
  wait_for("SELECT FROM site_turns WHERE site = 'good.test' AND wanted_until > now()");
  CHECK(value(root, "SELECT worker FROM site_turns WHERE site = 'good.test'") == "elsewhere");
  wait_for("SELECT FROM site_turns WHERE site = '127.0.0.1' AND worker IS NULL");
  CHECK(number(root, "SELECT count(*) FROM reports") == 0);
  must(root.exec("UPDATE site_turns SET worker = NULL, until = now() WHERE site = 'good.test'"));
  wait_for("SELECT FROM reports");
  stop.request_stop();
  worker.join();
  CHECK(value(root, "SELECT outcome || ' ' || final_url FROM reports") ==
        "ok http://good.test:" + std::to_string(bench.web.http) + "/page");
  CHECK(number(root, "SELECT count(*) FROM site_turns WHERE worker IS NOT NULL") == 0);
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

TEST_CASE("a site that asks to wait is known to the register, and nobody claims its other checks") {
  Bench bench;
  bench.story.confirmed("Asamblea Norte", "north@example.org", bench.web.url("/later"));
  bench.work();
  CHECK(value(bench.story.alba, "SELECT why FROM checks_overview") ==
        "outcome=retry_later (HTTP status 503)");
  CHECK(number(bench.story.root, "SELECT wait_s FROM site_rules WHERE host = '127.0.0.1'") > 7000);
  bench.story.confirmed("Asamblea Sur", "south@example.org", bench.web.url("/loaded/1"));
  bench.work();
  CHECK(value(bench.story.alba, "SELECT state FROM checks_overview WHERE check_id = 2") == "due");
  CHECK(number(bench.story.root, "SELECT attempt FROM checks WHERE check_id = 2") == 0);  // not even claimed
  CHECK(bench.get("/load").find("/loaded/1") == std::string::npos);
}

TEST_CASE(
    "a page that brings its reader down is reported, for a person to look at, and the others are judged") {
  Bench bench;
  for (const std::string name : {"1", "2", "crash"})
    bench.story.confirmed("Asamblea " + name, "a" + name + "@example.org", bench.web.url("/loaded/" + name));
  bench.work(bad_judge);
  const auto reports = must(bench.story.alba.query("SELECT * FROM report_detail ORDER BY final_url"));
  REQUIRE(reports.size() == 3);
  CHECK_FALSE(reports.is_null(0, "published"));
  CHECK_FALSE(reports.is_null(1, "published"));
  CHECK(reports.text(2, "final_url") == bench.web.url("/loaded/crash"));
  CHECK(reports.text(2, "outcome") == "ok");
  CHECK(reports.is_null(2, "published"));
  CHECK(reports.is_null(2, "official"));
  CHECK_FALSE(reports.is_null(2, "body_sha256"));  // the page is evidence all the same
  CHECK(std::string(reports.text(2, "reasons")).find("(signal 11)") != std::string::npos);
}

TEST_CASE("where pages cannot be judged the checks go back, and no look is used up") {
  Bench bench;
  bench.confirmed("/page");
  bench.work("/does/not/exist");
  CHECK(number(bench.story.root, "SELECT count(*) FROM reports") == 0);
  CHECK(number(bench.story.root, "SELECT max(attempt - given_back) FROM checks") == 0);
  CHECK(value(bench.story.alba, "SELECT why FROM checks_overview").find("/does/not/exist") !=
        std::string::npos);
  bench.make_due();
  bench.work();
  CHECK(number(bench.story.alba, "SELECT count(*) FROM reports_overview") == 1);
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
  must(work(bench.queue(), options(with_renderer, true), std::stop_token()));
  renderer->stop();
  serving.join();
  CHECK(request.url == bench.web.url("/script-only"));
  CHECK(request.content_type == "text/html; charset=utf-8");
  const auto report = must(bench.story.alba.query("SELECT * FROM report_detail"));
  REQUIRE(report.size() == 1);
  CHECK(report.boolean(0, "published"));
  CHECK(std::string(report.text(0, "reasons")).find("by a browser") != std::string::npos);
  const std::string file = read_all(value(bench.story.alba, "SELECT path FROM evidence_overview"));
  CHECK(must(read_kept_picture(file)) == picture);
  const auto kept = must(read_kept_response(file));
  CHECK(to_hex(sha256(kept.body)) == report.text(0, "body_sha256"));
  CHECK(kept.body.find("<script>") != std::string::npos);
}

TEST_CASE("while the renderer is away or off, a page that needs a browser is reported as such") {
  Bench bench;
  const TempDir directory;
  for (const std::string& path : {std::string(), directory / "render.sock"}) {
    auto settings = bench.settings();
    settings.renderer = path;
    bench.story.confirmed("Asamblea " + path, "north@example.org", bench.web.url("/script-only"));
    must(work(bench.queue(), options(settings, true), std::stop_token()));
  }
  const auto report = must(bench.story.alba.query("SELECT * FROM report_detail"));
  REQUIRE(report.size() == 2);
  for (std::size_t row = 0; row < 2; ++row) {
    CHECK(report.text(row, "outcome") == "ok");
    CHECK(report.is_null(row, "published"));
    CHECK(std::string(report.text(row, "reasons")).find("a script fetches it") != std::string::npos);
  }
  const auto evidence = must(bench.story.alba.query("SELECT path FROM evidence_overview"));
  for (std::size_t row = 0; row < evidence.size(); ++row)
    CHECK(must(read_kept_picture(read_all(std::string(evidence.text(row, "path"))))).empty());
}
