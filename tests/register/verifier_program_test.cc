// portavoz-verifier as processes of their own, against the real register and a web server that counts how
// many ask one host at a time.
#include <functional>
#include <optional>

#include "tests/lib/web_server.h"
#include "tests/register/service.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

struct Verifier : Service {
  explicit Verifier(const std::string& configuration)
      : Service(PORTAVOZ_BINARY_DIR "/bin/portavoz-verifier") {
    configure(configuration);
  }
};

// Two verifiers of one check at a time, so that whoever is kept waiting by a page can do nothing else.
struct Two {
  Story story;
  WebServer web;
  TempDir evidence;
  Verifier first{configuration()};
  Verifier second{configuration()};
  int contacts = 0;

  [[nodiscard]] std::string configuration() const {
    return "register:\n  dsn: \"" + story.dsn_as("verifier1") +
           "\"\nverifier:\n  evidence: " + evidence.path() +
           "\n  resolvers: [\"127.0.0.1:" + std::to_string(web.dns) +
           "\"]\n  allow: [\"127.0.0.1:" + std::to_string(web.http) + "\"]\n  in_flight: 1\n  pause: 1s\n";
  }
  std::string confirmed(const std::string& host, const std::string& path) {  // the check
    const std::string number = std::to_string(++contacts);
    story.confirmed("Asamblea " + number, "a" + number + "@example.org",
                    "http://" + host + ":" + std::to_string(web.http) + path);
    return number;
  }
  std::string of_check(const std::string& column, const std::string& check) {
    return value(story.root, "SELECT " + column + " FROM checks WHERE check_id = " + check);
  }
  // Until the statement gives true.
  void wait_for(const std::string& condition) {
    for (int i = 0; i < 6000; ++i) {
      if (value(story.root, "SELECT " + condition) == "true") return;
      ::usleep(10'000);
    }
    FAIL("it does not come to: " + condition);
  }
  void wait_for_reports(int reports) {
    wait_for("(SELECT count(*) >= " + std::to_string(reports) + " FROM reports)");
  }
  // What the server says of its load: the most that one host had at a time, and all that was asked.
  std::string load() {
    const std::string command = "curl -s --noproxy '*' " + web.url("/load");
    std::FILE* out = ::popen(command.c_str(), "r");
    REQUIRE(out != nullptr);
    std::string text;
    for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out)) text += static_cast<char>(c);
    ::pclose(out);
    return text + " ";
  }
  int asked(const std::string& path) {
    int times = 0;
    const std::string text = load();
    for (auto at = text.find(" " + path + " "); at != std::string::npos;
         at = text.find(" " + path + " ", at + 1))
      ++times;
    return times;
  }
  // Starts both, and gives the one that waits for the held page, and the other one.
  std::pair<Service*, Service*> with_one_held(const std::string& held) {
    first.start();
    second.start();
    wait_for("(SELECT worker IS NOT NULL FROM checks WHERE check_id = " + held + ")");
    const bool by_first = of_check("worker", held).ends_with(":" + std::to_string(first.pid()));
    for (int i = 0; i < 3000 && load().find("/loaded/held/") == std::string::npos; ++i) ::usleep(10'000);
    return by_first ? std::pair{&first, &second} : std::pair{&second, &first};
  }
};

}  // namespace

TEST_CASE(
    "two verifiers: while one waits for a site, the other leaves it alone and does the others; SIGTERM ends "
    "the one "
    "that waits, and nothing is lost or done twice") {
  Two two;
  const auto held = two.confirmed("good.test", "/loaded/held/1");
  const auto waits = two.confirmed("good.test", "/loaded/2");
  for (const std::string path : {"/loaded/3", "/loaded/4"}) two.confirmed("other.test", path);
  const auto [busy, free] = two.with_one_held(held);
  two.wait_for_reports(2);
  CHECK(number(two.story.root, "SELECT count(*) FROM reports WHERE url LIKE '%other.test%'") == 2);
  CHECK(two.of_check("attempt", waits) == "0");  // its site is the other's, although it is due
  CHECK(busy->stop(SIGTERM) == 0);               // long before the page's time is over
  CHECK(number(two.story.root,
               "SELECT count(*) FROM reports WHERE check_id = " + held + " AND attempt = 1") == 0);
  two.wait_for_reports(4);
  CHECK(free->stop(SIGTERM) == 0);
  CHECK(two.of_check("attempt - given_back", held) == "1");  // the look that was cut short does not count
  CHECK(number(two.story.root, "SELECT count(*) FROM reports WHERE outcome = 'ok'") == 4);
  CHECK(number(two.story.root, "SELECT count(*) FROM checks WHERE finished_at IS NULL") == 0);
  CHECK(number(two.story.root, "SELECT count(*) FROM site_turns WHERE worker IS NOT NULL") == 0);
  CHECK(two.asked("/loaded/held/1") == 2);
  for (const std::string path : {"/loaded/2", "/loaded/3", "/loaded/4"}) CHECK(two.asked(path) == 1);
  CHECK(two.load().starts_with("1 "));
}

TEST_CASE("a verifier that is killed keeps its site until the lease is over, and then another one goes on") {
  Two two;
  const auto held = two.confirmed("good.test", "/loaded/held/1");
  const auto waits = two.confirmed("good.test", "/loaded/2");
  const auto [killed, other] = two.with_one_held(held);
  CHECK(killed->stop(SIGKILL) == -SIGKILL);
  two.confirmed("other.test", "/loaded/3");
  two.wait_for_reports(1);
  CHECK(two.of_check("attempt", waits) == "0");
  CHECK(number(two.story.root,
               "SELECT extract(epoch FROM until - now())::int FROM site_turns WHERE site = "
               "'good.test'") > 600);
  // As if the time had passed.
  must(
      two.story.root.exec("UPDATE site_turns SET until = now() WHERE worker IS NOT NULL;"
                          "UPDATE checks SET due_at = now() WHERE finished_at IS NULL"));
  two.wait_for_reports(3);
  CHECK(other->stop(SIGTERM) == 0);
  CHECK(two.load().starts_with("1 "));
}
