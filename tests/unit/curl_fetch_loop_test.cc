// Many pages at a time in one loop, from a real server on loopback.
#include <map>
#include <optional>

#include <dirent.h>

#include "adapters/ares/resolver.h"
#include "adapters/curl/fetch_loop.h"
#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "tests/lib/catch.h"
#include "tests/lib/web_server.h"

using namespace portavoz;
using portavoz::test::WebServer;

namespace {

const WebServer& server() {
  static const WebServer the_server;
  return the_server;
}

ConnectRule only_this_server() {
  const auto here = *IpAddress::parse("127.0.0.1");
  return ConnectRule({{here, static_cast<std::uint16_t>(server().http)},
                      {here, static_cast<std::uint16_t>(server().https)}});
}

FetcherOptions patient() {
  FetcherOptions options;
  options.limits.dns = Millis(500);
  options.ca_bundle = server().certificate();
  return options;
}

std::string of(const std::string& name, const std::string& path) {
  return "http://" + name + ":" + std::to_string(server().http) + path;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder)) ++count;
  ::closedir(folder);
  return count;
}

// How many pages ended in which way.
struct Many {
  explicit Many(const FetcherOptions& options = patient())
      : pages(loop, only_this_server(),
              Resolver::create(loop, {"127.0.0.1:" + std::to_string(server().dns)})->function(), options) {}

  void start(const std::string& url) {
    ++open;
    pages.start({url, {}, {}}, [this](const FetchResult& result) {
      --open;
      ++ended[std::string(outcome_word(result.outcome))];
    });
  }
  void run() {
    loop.run_until([this] { return open == 0; });
  }

  EpollReactor loop{monotonic};
  FetchLoop pages;
  int open = 0;
  std::map<std::string, int> ended;
};

using Counts = std::map<std::string, int>;

}  // namespace

TEST_CASE("two hundred pages at a time end each in its own way") {
  Many many;
  for (int i = 0; i < 25; ++i) {
    many.start(server().url("/page"));
    many.start(server().url("/gzip"));
    many.start(server().url("/two-hops"));
    many.start(server().url("/missing"));
    many.start(of("good.test", "/chunked"));
    many.start("https://good.test:" + std::to_string(server().https) + "/page");
    many.start(of("private.test", "/page"));
    many.start("file:///etc/passwd");
  }
  many.run();
  CHECK(many.ended ==
        Counts{{"ok", 125}, {"http_error", 25}, {"blocked_address", 25}, {"blocked_scheme", 25}});
}

TEST_CASE("names that never answer do not keep the others waiting") {
  auto options = patient();
  options.limits.dns = Millis(10'000);
  Many many(options);
  for (int i = 0; i < 100; ++i) many.start(of("n" + std::to_string(i) + ".silent.test", "/page"));
  for (int i = 0; i < 20; ++i) many.start(of("good.test", "/page"));
  many.loop.run_until([&] { return many.open == 100; });
  CHECK(many.ended == Counts{{"ok", 20}});  // not one of the dead names had to end before
}

TEST_CASE("the time for a page covers the look-up of its name") {
  auto options = patient();
  options.limits.total = Millis(200);
  options.limits.dns = Millis(60'000);
  Many many(options);
  many.start(of("silent.test", "/page"));
  many.run();
  CHECK(many.ended == Counts{{"dns_timeout", 1}});
}

TEST_CASE("the time for a page covers all its hops") {
  auto options = patient();
  options.limits.total = Millis(300);
  Many many(options);
  many.start(server().url("/trickle"));
  many.start(server().url("/to-silent"));
  many.run();
  CHECK(many.ended == Counts{{"timeout", 2}});
}

TEST_CASE("a loop that is taken away ends its pages without a word and leaves no descriptor open") {
  static_cast<void>(server());
  const std::size_t before = open_descriptors();
  int told = 0;
  {
    EpollReactor loop(monotonic);
    const auto resolver = Resolver::create(loop, {"127.0.0.1:" + std::to_string(server().dns)});
    {
      FetchLoop pages(loop, only_this_server(), resolver->function(), patient());
      bool one_ended = false;
      for (int i = 0; i < 20; ++i) {
        pages.start({server().url("/silent"), {}, {}}, [&](const FetchResult&) { ++told; });
        pages.start({of("silent.test", "/"), {}, {}}, [&](const FetchResult&) { ++told; });
      }
      pages.start({server().url("/page"), {}, {}}, [&](const FetchResult&) { one_ended = true; });
      loop.run_until([&] { return one_ended; });
      for (int i = 0; i < 20; ++i)
        pages.start({server().url("/page"), {}, {}}, [&](const FetchResult&) { ++told; });
    }
    bool later = false;
    static_cast<void>(loop.at(loop.now() + Millis(50), [&] { later = true; }));
    loop.run_until([&] { return later; });
  }
  CHECK(told == 0);
  CHECK(open_descriptors() == before);
}

TEST_CASE("what is called when a page is there may start the next page") {
  Many many;
  int left = 30;
  std::function<void(const FetchResult&)> next = [&](const FetchResult& result) {
    CHECK(result.outcome == FetchOutcome::ok);
    if (--left > 0) many.pages.start({server().url("/page"), {}, {}}, next);
  };
  many.pages.start({server().url("/page"), {}, {}}, next);
  many.loop.run_until([&] { return left == 0; });
}

TEST_CASE("a page that is started is never over before start returns") {
  Many many;
  many.start("no URL");
  CHECK(many.open == 1);
  many.run();
  CHECK(many.ended == Counts{{"bad_url", 1}});
}

TEST_CASE("two pages of one name do not share its addresses") {
  // The first look-up gives the server, the second an address where nobody listens: with a shared pin both
  // would end alike.
  EpollReactor loop(monotonic);
  int asked = 0;
  const AsyncResolve changing = [&](const std::string&, Millis, std::function<void(Resolution)> done) {
    const auto address = *IpAddress::parse(++asked == 1 ? "127.0.0.1" : "127.0.0.2");
    static_cast<void>(loop.at(loop.now(), [done = std::move(done), address] {
      done({Resolution::Answer::found, {address}, {}});
    }));
    return std::make_unique<LookUp>();
  };
  const auto port = static_cast<std::uint16_t>(server().http);
  const ConnectRule both({{*IpAddress::parse("127.0.0.1"), port}, {*IpAddress::parse("127.0.0.2"), port}});
  FetchLoop pages(loop, both, changing, patient());
  std::map<std::string, int> ended;
  int open = 2;
  for (int i = 0; i < 2; ++i) {
    pages.start({of("changing.test", "/page"), {}, {}}, [&](const FetchResult& result) {
      --open;
      ++ended[std::string(outcome_word(result.outcome))];
    });
  }
  loop.run_until([&] { return open == 0; });
  CHECK(ended == Counts{{"ok", 1}, {"connect_failed", 1}});
}
