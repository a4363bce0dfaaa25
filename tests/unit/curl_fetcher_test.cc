// Fetching from a real server on loopback that misbehaves in every way it can.
#include <array>
#include <cstdio>
#include <cstdlib>

#include "adapters/ares/resolver.h"
#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "tests/lib/catch.h"
#include "tests/lib/fetcher.h"
#include "tests/lib/web_server.h"

using namespace portavoz;
using portavoz::test::Fetcher;
using portavoz::test::WebServer;

namespace {

// One server for all tests of this file, ended with the process.
const WebServer& server() {
  static const WebServer the_server;
  return the_server;
}

Endpoint loopback(int port) { return {*IpAddress::parse("127.0.0.1"), static_cast<std::uint16_t>(port)}; }

ConnectRule only_this_server() { return ConnectRule({loopback(server().http), loopback(server().https)}); }

FetcherOptions quick() {
  FetcherOptions options;
  options.limits.total = Millis(1500);
  options.limits.connect = Millis(1000);
  options.limits.dns = Millis(500);
  options.about = "https://example.org/about";
  return options;
}

Result<Resolver> resolver(Reactor& reactor) {
  return Resolver::create(reactor, {"127.0.0.1:" + std::to_string(server().dns)});
}

// A loop, a resolver that asks the server of this file, and a Fetcher in it.
struct OneByOne {
  explicit OneByOne(ConnectRule rule, FetcherOptions options = quick())
      : fetcher(loop, std::move(rule), resolver(loop)->function(), std::move(options)) {}
  FetchResult fetch(const std::string& url) { return fetcher.fetch({url, {}, {}}); }

  EpollReactor loop{monotonic};
  Fetcher fetcher;
};

FetchResult fetched(const std::string& path) {
  return OneByOne(only_this_server()).fetch(server().url(path));
}

std::string connections_to_other() { return fetched("/other-count").body; }

std::string on(const std::string& name, int port) {
  return "http://" + name + ":" + std::to_string(port) + "/page";
}

}  // namespace

TEST_CASE("a page comes back with its octets, its type and its status") {
  const auto result = fetched("/page");
  CHECK(result.outcome == FetchOutcome::ok);
  CHECK(result.http_status == 200);
  CHECK(result.content_type == "text/html; charset=utf-8");
  CHECK(result.final_url == server().url("/page"));
  CHECK(result.redirects.empty());
  CHECK_THAT(result.body, Catch::Contains("mailto:north@example.org"));
  CHECK(result.raw_bytes > result.body.size());
}

TEST_CASE("every way a server can answer has one outcome") {
  struct Row {
    std::string path;
    FetchOutcome outcome;
  };
  const auto row = GENERATE(values<Row>({{"/gzip", FetchOutcome::ok},
                                         {"/chunked", FetchOutcome::ok},
                                         {"/text", FetchOutcome::ok},
                                         {"/no-type", FetchOutcome::ok},
                                         {"/cookie", FetchOutcome::ok},
                                         {"/two-hops", FetchOutcome::ok},
                                         {"/huge-hop", FetchOutcome::ok},
                                         {"/gzip-cut", FetchOutcome::bad_encoding},
                                         {"/gzip-and-more", FetchOutcome::bad_encoding},
                                         {"/gzip-lie", FetchOutcome::bad_encoding},
                                         {"/gzip-twice", FetchOutcome::bad_encoding},
                                         {"/brotli", FetchOutcome::bad_encoding},
                                         {"/transfer-gzip", FetchOutcome::bad_encoding},
                                         {"/bomb", FetchOutcome::too_large},
                                         {"/huge", FetchOutcome::too_large},
                                         {"/huge-chunked", FetchOutcome::too_large},
                                         {"/huge-chunk-extension", FetchOutcome::too_large},
                                         {"/length-announced", FetchOutcome::too_large},
                                         {"/huge-headers", FetchOutcome::too_large_headers},
                                         {"/huge-header-line", FetchOutcome::too_large_headers},
                                         {"/huge-trailers", FetchOutcome::too_large_headers},
                                         {"/continue", FetchOutcome::too_large_headers},
                                         {"/cut", FetchOutcome::truncated},
                                         {"/chunked-cut", FetchOutcome::truncated},
                                         {"/length-twice", FetchOutcome::bad_http},
                                         {"/length-and-chunks", FetchOutcome::bad_http},
                                         {"/length-negative", FetchOutcome::bad_http},
                                         {"/no-http", FetchOutcome::bad_http},
                                         {"/no-colon", FetchOutcome::bad_http},
                                         {"/nul", FetchOutcome::bad_http},
                                         {"/nothing", FetchOutcome::bad_http},
                                         {"/not-modified", FetchOutcome::bad_http},
                                         {"/to-nowhere", FetchOutcome::bad_http},
                                         {"/to-two-places", FetchOutcome::bad_http},
                                         {"/to-page-with-bare-cr", FetchOutcome::bad_http},
                                         {"/empty", FetchOutcome::no_content},
                                         {"/none", FetchOutcome::no_content},
                                         {"/missing", FetchOutcome::http_error},
                                         {"/broken", FetchOutcome::http_error},
                                         {"/partial", FetchOutcome::http_error},
                                         {"/later", FetchOutcome::retry_later},
                                         {"/much-later", FetchOutcome::retry_later},
                                         {"/pdf", FetchOutcome::wrong_type},
                                         {"/no-type-binary", FetchOutcome::wrong_type},
                                         {"/loop", FetchOutcome::too_many_redirects},
                                         {"/to-file", FetchOutcome::blocked_scheme},
                                         {"/to-credentials", FetchOutcome::bad_url},
                                         {"/to-port-22", FetchOutcome::blocked_port},
                                         {"/trickle", FetchOutcome::timeout},
                                         {"/silent", FetchOutcome::timeout}}));
  DYNAMIC_SECTION(row.path) {
    const auto result = fetched(row.path);
    INFO(result.detail);
    CHECK(outcome_word(result.outcome) == outcome_word(row.outcome));
    // No octet of a failed fetch may serve as evidence.
    CHECK(result.body.empty() == (row.outcome != FetchOutcome::ok));
    const FetchLimits limits;
    CHECK(result.body.size() <= limits.body);
    CHECK(result.raw_bytes <= limits.wire + 2 * limits.headers + (std::size_t{256} << 10U));
  }
}

TEST_CASE("redirects are followed one by one and written down") {
  const auto result = fetched("/two-hops");
  CHECK(result.redirects == std::vector<std::string>{server().url("/two-hops"), server().url("/to-page")});
  CHECK(result.final_url == server().url("/page"));
}

TEST_CASE("a redirect to another site is given back when only one site is asked for") {
  OneByOne one(only_this_server());
  const auto moved = one.fetcher.fetch({server().url("/to-other-site"), {}, {}, Millis::max(), true});
  CHECK(moved.elsewhere == on("good.test", server().http));
  CHECK(moved.outcome == FetchOutcome::http_error);
  CHECK(moved.redirects == std::vector<std::string>{server().url("/to-other-site")});
  CHECK(one.fetcher.fetch({server().url("/two-hops"), {}, {}, Millis::max(), true}).outcome ==
        FetchOutcome::ok);
  CHECK(one.fetch(server().url("/to-other-site")).final_url == on("good.test", server().http));
}

TEST_CASE("what a 503 asks for is kept, and is at most a day") {
  CHECK(fetched("/later").retry_after == Seconds(7200));
  CHECK(fetched("/much-later").retry_after == Seconds(86400));
}

TEST_CASE("the request says who asks and carries nothing else") {
  OneByOne twice(only_this_server());
  REQUIRE(twice.fetch(server().url("/cookie")).outcome == FetchOutcome::ok);
  const auto request = twice.fetch(server().url("/echo")).body;
  CHECK_THAT(request, Catch::Contains("User-Agent: portavoz-verifier/0.1 (+https://example.org/about)"));
  CHECK_THAT(request, Catch::Contains("Accept-Encoding: gzip\r\n"));
  CHECK_THAT(request,
             !Catch::Contains("Cookie") && !Catch::Contains("Referer") && !Catch::Contains("Authorization"));
}

TEST_CASE("without an exception loopback is refused before anything connects") {
  OneByOne strict(ConnectRule({}, Ports::any));
  const std::string before = connections_to_other();
  const std::string other = ":" + std::to_string(server().other) + "/";
  for (const std::string host : {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0",
                                 "[::1]", "[::ffff:127.0.0.1]", "good.test", "v6.test", "mapped.test"}) {
    INFO(host);
    CHECK(strict.fetch("http://" + host + other).outcome == FetchOutcome::blocked_address);
  }
  CHECK(connections_to_other() == before);
}

TEST_CASE("an exception is one address and one port") {
  const std::string before = connections_to_other();
  CHECK(fetched("/to-other").outcome == FetchOutcome::blocked_port);
  CHECK(fetched("/to-mapped").outcome == FetchOutcome::blocked_port);
  OneByOne any_port(ConnectRule({loopback(server().http)}, Ports::any));
  CHECK(any_port.fetch(server().url("/to-other")).outcome == FetchOutcome::blocked_address);
  CHECK(any_port.fetch(server().url("/to-mapped")).outcome == FetchOutcome::blocked_address);
  CHECK(any_port.fetch(server().url("/to-other")).final_url ==
        "http://127.0.0.1:" + std::to_string(server().other) + "/");
  CHECK(connections_to_other() == before);
}

TEST_CASE("a name is resolved by the given server, and one bad address refuses it") {
  OneByOne any_port(ConnectRule({loopback(server().http)}, Ports::any));
  CHECK(any_port.fetch(on("good.test", server().http)).outcome == FetchOutcome::ok);
  CHECK(any_port.fetch(on("mixed.test", server().http)).outcome == FetchOutcome::blocked_address);
  CHECK(any_port.fetch(on("private.test", server().http)).outcome == FetchOutcome::blocked_address);
  CHECK(any_port.fetch(on("unknown.test", server().http)).outcome == FetchOutcome::dns_failed);
  CHECK(any_port.fetch(on("empty.test", server().http)).outcome == FetchOutcome::dns_failed);
  CHECK(any_port.fetch(on("failing.test", server().http)).outcome == FetchOutcome::dns_failed);
  CHECK(any_port.fetch(on("silent.test", server().http)).outcome == FetchOutcome::dns_timeout);
}

TEST_CASE("a port outside 80 and 443 is refused before the name is looked up") {
  EpollReactor loop(monotonic);
  bool asked = false;
  const AsyncResolve knows_nothing = [&](const std::string&, Millis, std::function<void(Resolution)> done) {
    asked = true;
    static_cast<void>(loop.at(loop.now(), [done = std::move(done)] { done(Resolution()); }));
    return std::make_unique<LookUp>();
  };
  Fetcher web_only(loop, ConnectRule(), knows_nothing, quick());
  CHECK(web_only.fetch({"http://good.test:25/", {}, {}}).outcome == FetchOutcome::blocked_port);
  CHECK_FALSE(asked);
  CHECK(web_only.fetch({"http://good.test/", {}, {}}).outcome == FetchOutcome::dns_failed);
  CHECK(asked);
}

TEST_CASE("a server that nobody runs is a failed connection") {
  OneByOne to_nowhere(ConnectRule({loopback(1)}));  // tcpmux: no machine serves it today
  CHECK(to_nowhere.fetch("http://127.0.0.1:1/").outcome == FetchOutcome::connect_failed);
}

TEST_CASE("a certificate is always verified") {
  const std::string url = "https://good.test:" + std::to_string(server().https) + "/page";
  CHECK(OneByOne(only_this_server()).fetch(url).outcome == FetchOutcome::tls_failed);
  auto trusting = quick();
  trusting.ca_bundle = server().certificate();
  CHECK(OneByOne(only_this_server(), trusting).fetch(url).outcome == FetchOutcome::ok);
  const std::string other_name = "https://127.0.0.1:" + std::to_string(server().https) + "/page";
  CHECK(OneByOne(only_this_server(), trusting).fetch(other_name).outcome == FetchOutcome::tls_failed);
}

TEST_CASE("proxies of the environment are not used") {
  const std::string proxy = "http://127.0.0.1:" + std::to_string(server().other);
  const std::string before = connections_to_other();
  ::setenv("http_proxy", proxy.c_str(), 1);
  ::setenv("ALL_PROXY", proxy.c_str(), 1);
  CHECK(fetched("/page").outcome == FetchOutcome::ok);
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  CHECK(connections_to_other() == before);
}

TEST_CASE("what was sent and what came are kept octet by octet, chunk sizes included") {
  const auto result = fetched("/chunked");
  CHECK_THAT(result.request_octets, Catch::StartsWith("GET /chunked HTTP/1.1\r\nHost: 127.0.0.1"));
  CHECK_THAT(result.request_octets, Catch::EndsWith("\r\n\r\n"));
  CHECK_THAT(result.response_octets, Catch::StartsWith("HTTP/1.1 200 OK\r\nConnection: close\r\n"));
  std::array<char, 16> size{};
  std::snprintf(size.data(), size.size(), "%zx", result.body.size());
  CHECK_THAT(result.response_octets,
             Catch::EndsWith("\r\n\r\n" + std::string(size.data()) + "\r\n" + result.body + "\r\n0\r\n\r\n"));
  CHECK(result.server == *IpAddress::parse("127.0.0.1"));
}

TEST_CASE("of an answer that is not read on the whole head is kept, and it does not count as whole") {
  for (const char* path : {"/missing", "/pdf", "/to-nowhere", "/brotli"}) {
    CAPTURE(path);
    const auto result = fetched(path);
    CHECK_THAT(result.response_octets, Catch::StartsWith("HTTP/1.1 ") && Catch::EndsWith("\r\n\r\n"));
    CHECK_FALSE(result.whole);
  }
  CHECK(fetched("/page").whole);
  CHECK_FALSE(fetched("/cut").whole);
}

TEST_CASE("the body is the same however it comes") {
  const auto path = GENERATE("/chunked", "/gzip", "/more-than-announced", "/continued");
  CHECK(fetched(path).body == fetched("/page").body);
}

TEST_CASE("the octets kept of an endless answer stay inside the bounds") {
  const auto path = GENERATE("/huge", "/huge-chunk-extension", "/huge-headers", "/huge-trailers");
  const FetchLimits limits;
  CHECK(fetched(path).response_octets.size() <= limits.wire + 2 * limits.headers);
}

TEST_CASE("validators go out as they came in, and a 304 to them says that nothing changed") {
  OneByOne again(only_this_server());
  const auto first = again.fetch(server().url("/validated"));
  REQUIRE(first.outcome == FetchOutcome::ok);
  CHECK(first.etag == "\"v1\"");
  CHECK(first.last_modified == "Mon, 05 Jan 2026 10:00:00 GMT");
  const auto same = again.fetcher.fetch({server().url("/validated"), first.etag, first.last_modified});
  CHECK(outcome_word(same.outcome) == "not_modified");
  CHECK(same.http_status == 304);
  CHECK(same.body.empty());
  CHECK_THAT(same.request_octets, Catch::Contains("If-None-Match: \"v1\"\r\n"));
  CHECK_THAT(same.request_octets, Catch::Contains("If-Modified-Since: Mon, 05 Jan 2026 10:00:00 GMT\r\n"));
  const auto other = again.fetcher.fetch({server().url("/validated"), "\"v0\"", {}});
  CHECK(other.outcome == FetchOutcome::ok);
  // Of the request before nothing is left in this one.
  CHECK_THAT(again.fetch(server().url("/echo")).body, !Catch::Contains("If-None-Match"));
}

TEST_CASE("a validator that would break the request is not sent") {
  OneByOne again(only_this_server());
  const auto result = again.fetcher.fetch({server().url("/echo"), "\"a\"\r\nX-Injected: 1", {}});
  CHECK_THAT(result.body, !Catch::Contains("Injected"));
  const auto unasked = again.fetcher.fetch({server().url("/not-modified"), "\"a\"\r\n", {}});
  CHECK(outcome_word(unasked.outcome) == "bad_http");
}
