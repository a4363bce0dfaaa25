#include "core/crawl/robots.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

struct Row {
  const char* robots;
  const char* target;
  bool allowed;
};

FetchResult fetched(FetchOutcome outcome, int status = 0, std::string body = {}) {
  FetchResult result;
  result.outcome = outcome;
  result.http_status = status;
  result.body = std::move(body);
  return result;
}

}  // namespace

TEST_CASE("robots.txt: the longest match wins, and of two as long the one that allows") {
  const Row row = GENERATE(values<Row>({
      {"", "/", true},
      {"User-agent: *\nDisallow: /", "/contact", false},
      {"User-agent: *\nDisallow: /", "/robots.txt", true},
      {"User-agent: *\nDisallow:", "/contact", true},
      {"User-agent: *\nDisallow: /\nAllow: /contact", "/contact", true},
      {"User-agent: *\nAllow: /contact\nDisallow: /", "/contact/us", true},
      {"User-agent: *\nAllow: /c\nDisallow: /contact", "/contact", false},
      {"User-agent: *\nAllow: /page\nDisallow: /page", "/page", true},
      {"User-agent: *\nDisallow: /page\nAllow: /page", "/page", true},
      {"User-agent: *\nDisallow: /*.php", "/a/b.php?x=1", false},
      {"User-agent: *\nDisallow: /*.php$", "/a/b.php?x=1", true},
      {"User-agent: *\nDisallow: /*.php$", "/a/b.php.php", false},
      {"User-agent: *\nDisallow: /a*b*c$", "/a-b-c-b-c", false},
      {"User-agent: *\nDisallow: /a*b*c$", "/a-c-b", true},
      {"User-agent: *\nDisallow: /*?", "/page?x", false},
      {"User-agent: *\nDisallow: /*?", "/page", true},
      {"User-agent: *\nDisallow: /a$b", "/a$b", false},
      {"User-agent: *\nDisallow: /caf%C3%A9", "/caf\xC3\xA9", false},
      {"User-agent: *\nDisallow: /caf\xC3\xA9", "/caf%c3%a9", false},
      {"User-agent: *\nDisallow: /%7Ejoe", "/~joe/", false},
      {"User-agent: *\nDisallow: /a%2Fb", "/a/b", true},
      {"User-agent: *\nDisallow: /Page", "/page", true},
      {"User-Agent:* # all\r\nDISALLOW :/x # not this\r\n", "/x", false},
      {"\xEF\xBB\xBFUser-agent: *\rDisallow: /x", "/x", false},
      {"Disallow: /", "/x", true},  // belongs to no group
      {"nonsense\n\0\xFF:\n: :\nUser-agent: *\nDisallow: /x", "/y", true},
  }));
  CAPTURE(row.robots, row.target);
  CHECK(Robots::parse(row.robots).allows(row.target) == row.allowed);
}

TEST_CASE("robots.txt: the group that names us counts alone, whatever its case, version or place") {
  const Row row = GENERATE(values<Row>({
      {"User-agent: *\nDisallow: /\n\nUser-agent: portavoz\nDisallow: /private", "/contact", true},
      {"User-agent: *\nDisallow: /\n\nUser-agent: portavoz\nDisallow: /private", "/private", false},
      {"User-agent: PORTAVOZ/9.1\nDisallow: /\nUser-agent: *\nDisallow:", "/", false},
      {"User-agent: portavozbot\nDisallow: /\nUser-agent: *\nDisallow:", "/", true},
      {"User-agent: other\nUser-agent: portavoz\nDisallow: /a", "/a", false},
      {"User-agent: portavoz\n\n\nUser-agent: other\nDisallow: /a", "/a", false},
      {"User-agent: portavoz\nDisallow: /a\nUser-agent: other\nDisallow: /b\nUser-agent: portavoz\nDisallow: "
       "/c",
       "/c", false},
      {"User-agent: portavoz\nDisallow: /a\nUser-agent: other\nDisallow: /b\nUser-agent: portavoz\nDisallow: "
       "/c",
       "/a", false},
      {"User-agent: portavoz\nDisallow: /a\nUser-agent: other\nDisallow: /b", "/b", true},
      {"User-agent: portavoz\nSitemap: https://a.example/s.xml\nDisallow: /a", "/a", false},
      {"User-agent: portavoz\nUser-agent: *\nDisallow: /a", "/a", false},
  }));
  CAPTURE(row.robots, row.target);
  CHECK(Robots::parse(row.robots).allows(row.target) == row.allowed);
}

TEST_CASE("robots.txt: Crawl-delay is a pause in whole seconds, a minute at most") {
  const auto delay = [](const std::string& value) {
    return Robots::parse("User-agent: *\nCrawl-delay: " + value).crawl_delay().count();
  };
  CHECK(delay("10") == 10'000);
  CHECK(delay("0.5") == 1'000);
  CHECK(delay("60") == 60'000);
  CHECK(delay("86400") == 60'000);
  CHECK(delay("18446744073709551615") == 60'000);
  CHECK(delay("-1") == 0);
  CHECK(delay("soon") == 0);
}

TEST_CASE("robots.txt: what stands past 500 KiB is not read") {
  std::string robots = "User-agent: *\nDisallow: /early\n";
  robots.resize(std::size_t{500} << 10U, '#');
  robots += "\nDisallow: /late\n";
  CHECK_FALSE(Robots::parse(robots).allows("/early"));
  CHECK(Robots::parse(robots).allows("/late"));
  robots.resize((std::size_t{500} << 10U) - 12);
  CHECK(Robots::parse(robots + "\nDisallow: /x").allows("/late"));  // of this line only `/` would be left
  CHECK_FALSE(Robots::parse(robots + "\nDisallow: /").allows("/late"));
}

TEST_CASE("robots.txt: a hostile pattern ends in bounded work") {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  CHECK(Robots::parse("User-agent: *\nDisallow: " + pattern + "b$").allows("/" + std::string(8000, 'a')));
}

TEST_CASE("robots.txt: rules that take more work than is done for any site forbid the page") {
  const std::string almost = "/" + std::string(8000, 'a');
  const auto rules = [](int count) {
    std::string robots = "User-agent: *\n";
    for (int i = 0; i < count; ++i) robots += "Disallow: *" + std::string(1000, 'a') + "b\n";
    return Robots::parse(robots);
  };
  CHECK(rules(1).allows(almost));
  CHECK_FALSE(rules(500).allows(almost));
  CHECK(rules(500).allows("/contact"));
}

TEST_CASE("robots.txt stands at the root of the same scheme, host and port") {
  CHECK(robots_url(*Url::parse("https://a.example/x/y?z")) == "https://a.example/robots.txt");
  CHECK(robots_url(*Url::parse("http://a.example:8080/")) == "http://a.example:8080/robots.txt");
  CHECK(robots_url(*Url::parse("http://[2001:db8::1]/x")) == "http://[2001:db8::1]/robots.txt");
}

TEST_CASE("no robots.txt means no rules, and one that cannot be read now means that we cannot know") {
  const auto forbidding = site_rules(fetched(FetchOutcome::ok, 200, "User-agent: *\nDisallow: /"));
  CHECK(forbidding.outcome == FetchOutcome::ok);
  CHECK_FALSE(forbidding.robots.allows("/"));
  for (const int status : {400, 401, 403, 404, 410, 451})
    CHECK(site_rules(fetched(FetchOutcome::http_error, status)).outcome == FetchOutcome::ok);
  CHECK(site_rules(fetched(FetchOutcome::no_content, 200)).outcome == FetchOutcome::ok);
  CHECK(site_rules(fetched(FetchOutcome::http_error, 500)).outcome == FetchOutcome::robots_unreachable);
  CHECK(site_rules(fetched(FetchOutcome::truncated, 200)).outcome == FetchOutcome::robots_unreachable);
  CHECK(site_rules(fetched(FetchOutcome::retry_later, 503)).outcome == FetchOutcome::retry_later);
  // Nobody answers: the page's own outcome would be the same, and says more.
  CHECK(site_rules(fetched(FetchOutcome::dns_failed)).outcome == FetchOutcome::dns_failed);
  CHECK(site_rules(fetched(FetchOutcome::connect_timeout)).outcome == FetchOutcome::connect_timeout);
}
