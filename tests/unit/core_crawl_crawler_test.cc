// The crawler over a reactor and a web that the test holds in its hand: order and counts, and no real time.
#include <algorithm>
#include <map>
#include <optional>

#include "core/crawl/crawler.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

class HandReactor : public Reactor {
 public:
  void watch(int /*fd*/, Ready /*interest*/, OnReady /*on_ready*/) override {}
  void forget(int /*fd*/) override {}
  Timer at(Millis time, OnTime on_time) override {
    timers_.emplace(++last_, std::pair{time, std::move(on_time)});
    return last_;
  }
  void cancel(Timer timer) override { timers_.erase(timer); }
  Millis now() const override { return now_; }

  // Goes to the next timer's time and calls it; false when there is none.
  bool next_timer() {
    const auto first = std::min_element(timers_.begin(), timers_.end(), [](const auto& a, const auto& b) {
      return a.second.first < b.second.first;
    });
    if (first == timers_.end()) return false;
    now_ = std::max(now_, first->second.first);
    const auto call = std::move(first->second.second);
    timers_.erase(first);
    call();
    return true;
  }
  void pass(Millis time) { now_ += time; }

 private:
  Millis now_{1'000};
  Timer last_ = 0;
  std::map<Timer, std::pair<Millis, OnTime>> timers_;
};

struct Sent {
  FetchRequest request;
  std::function<void(FetchResult)> answer;
  Millis at;
};

struct Asked {
  std::string name;
  std::function<void(Resolution)> answer;
};

struct Rendering {
  std::string page;
  Millis within;
  std::function<void(std::optional<Rendered>, Millis)> answer;
};

struct World {
  explicit World(bool others_about = false) : by_turns(others_about) {}

  bool by_turns;
  std::vector<std::string> wanted;                   // turns that were asked for
  std::vector<std::pair<std::string, Millis>> left;  // turns that ended, and for how long nobody is to come
  HandReactor reactor;
  Resolution::Answer domain = Resolution::Answer::found;  // what the DNS says of every address
  Resolution::Answer root = Resolution::Answer::found;    // what it says of a server of the root zone
  std::deque<Asked> asked;
  std::size_t names = 0;                            // that were asked
  std::deque<Rendering> rendering;                  // not yet answered
  std::deque<Sent> sent;                            // not yet answered
  std::vector<std::pair<std::string, Millis>> log;  // every request, and when
  std::map<std::uint64_t, Look> looks;
  std::map<std::uint64_t, std::pair<Seconds, std::string>> given_back;
  std::vector<SiteSeen> seen;
  std::map<std::string, Inspection> judgements;  // by body
  Crawler crawler{reactor, tools(), {.pause = Millis(2000), .total = Millis(20'000), .octets = 1 << 20}};

  CrawlTools tools() {
    CrawlTools made = all_but_turns();
    if (!by_turns) return made;
    made.ask_turn = [this](const std::string& site) { wanted.push_back(site); };
    made.left = [this](const std::string& site, Millis wait) { left.emplace_back(site, wait); };
    return made;
  }
  CrawlTools all_but_turns() {
    return {
        .fetch =
            [this](FetchRequest request, std::function<void(FetchResult)> fetched) {
              log.emplace_back(request.url, reactor.now());
              sent.push_back({std::move(request), std::move(fetched), reactor.now()});
            },
        .judge =
            [this](const FetchResult& page, const MailAddress& /*address*/,
                   const std::function<void(Result<Inspection>)>& judged) {
              if (page.body == "nobody can") return judged(Error{ErrorKind::unavailable, "nobody can"});
              judged(judgements[page.body]);
            },
        .render =
            [this](const FetchResult& page, Millis within, auto rendered) {
              rendering.push_back({page.body, within, std::move(rendered)});
            },
        .exists = [this](const std::string& name, Millis /*deadline*/,
                         std::function<void(Resolution)> done) -> std::unique_ptr<LookUp> {
          asked.push_back({name, std::move(done)});
          return std::make_unique<LookUp>();
        },
        .done = [this](std::uint64_t id, Look look) { looks.emplace(id, std::move(look)); },
        .give_back =
            [this](std::uint64_t id, Seconds delay, std::string why) {
              given_back.emplace(id, std::pair{delay, std::move(why)});
            },
        .seen = [this](SiteSeen each) { seen.push_back(std::move(each)); },
    };
  }

  // With the turns of their sites, which are ours for that long.
  void take_with_turn(const std::vector<std::string>& urls, Millis turn) {
    std::vector<Errand> errands;
    for (const std::string& url : urls)
      errands.push_back(
          {errands.size() + 1, url, *MailAddress::parse("north@example.org"), {}, reactor.now() + turn});
    crawler.take(std::move(errands));
  }
  void take(std::uint64_t id, const std::string& url, std::optional<EarlierPage> earlier = {}) {
    crawler.take({{id, url, *MailAddress::parse("north@example.org"), std::move(earlier)}});
    answer_names();
  }
  void answer_names() {
    while (!asked.empty()) {
      const Asked first = std::move(asked.front());
      asked.pop_front();
      const bool about_root = first.name == "a.root-servers.net";
      if (!about_root) CHECK(first.name == "example.org");
      ++names;
      first.answer({about_root ? root : domain, {}, {}});
    }
  }

  void answer(FetchOutcome outcome, int status, const std::string& body = {},
              std::optional<Seconds> retry_after = {}) {
    REQUIRE_FALSE(sent.empty());
    Sent first = std::move(sent.front());
    sent.pop_front();
    FetchResult result;
    result.outcome = outcome;
    result.http_status = status;
    result.body = body;
    result.raw_bytes = body.size();
    result.final_url = first.request.url;
    result.retry_after = retry_after;
    reactor.pass(Millis(10));
    first.answer(std::move(result));
    answer_names();
  }
  void page(const std::string& body) { answer(FetchOutcome::ok, 200, body); }
  void elsewhere(const std::string& url) {
    Sent first = std::move(sent.front());
    sent.pop_front();
    FetchResult result;
    result.elsewhere = url;
    result.outcome = FetchOutcome::http_error;
    result.http_status = 302;
    reactor.pass(Millis(10));
    first.answer(std::move(result));
    answer_names();
  }
  void no_rules() { answer(FetchOutcome::http_error, 404); }

  // Answers everything, robots.txt with none, until nothing happens any more. The most requests that one site
  // had at a time.
  void run() {
    for (;;) {
      if (!sent.empty()) {
        if (sent.front().request.url.ends_with("/robots.txt")) {
          no_rules();
        } else {
          page("p");
        }
      } else if (!reactor.next_timer()) {
        return;
      }
    }
  }
};

}  // namespace

TEST_CASE("one site has one request at a time with a pause between two, and other sites do not wait for it") {
  World world;
  for (std::uint64_t id = 1; id <= 3; ++id) world.take(id, "https://a.example/" + std::to_string(id));
  world.take(4, "https://b.example/");
  REQUIRE(world.sent.size() == 2);  // one to each site
  CHECK(world.sent[0].request.url == "https://a.example/robots.txt");
  CHECK(world.sent[1].request.url == "https://b.example/robots.txt");
  world.run();
  CHECK(world.looks.size() == 4);
  std::optional<Millis> last;
  int to_a = 0;
  for (const auto& [url, at] : world.log) {
    if (host_of(url) != "a.example") continue;
    ++to_a;
    if (last) CHECK(at - *last >= Millis(2010));  // the answer took 10
    last = at;
  }
  CHECK(to_a == 4);  // robots.txt once, and three pages
}

TEST_CASE("with and without www. is one site, and each has its own robots.txt") {
  World world;
  world.take(1, "https://a.example/");
  world.take(2, "https://www.a.example/");
  CHECK(world.sent.size() == 1);
  world.run();
  CHECK(world.log.size() == 4);
}

TEST_CASE("a page that robots.txt forbids is never asked for") {
  World world;
  world.take(1, "https://a.example/x");
  world.answer(FetchOutcome::ok, 200, "User-agent: Portavoz\nDisallow: /x");
  REQUIRE(world.looks.size() == 1);
  CHECK(world.looks.at(1).inspection.outcome == FetchOutcome::robots_disallowed);
  world.run();
  CHECK(world.log.size() == 1);
}

TEST_CASE("an admin's ruling lets a page be read without its robots.txt, at that host alone") {
  World world;
  world.crawler.rule("a.example", true, Millis(0));
  world.take(1, "https://a.example/x");
  world.take(2, "https://b.example/x");
  CHECK(world.sent[0].request.url == "https://a.example/x");
  CHECK(world.sent[1].request.url == "https://b.example/robots.txt");
  world.run();
  CHECK(world.looks.at(1).robots == RobotsWord::overridden);
  CHECK(world.looks.at(2).robots == RobotsWord::allowed);
}

TEST_CASE("robots.txt is asked for again after a day, and after minutes when it could not be read") {
  World world;
  world.take(1, "https://a.example/1");
  world.run();
  world.reactor.pass(std::chrono::hours(23));
  world.take(2, "https://a.example/2");
  world.run();
  CHECK(world.log.size() == 3);
  world.reactor.pass(std::chrono::hours(2));
  world.take(3, "https://a.example/3");
  CHECK(world.log.back().first == "https://a.example/robots.txt");
  world.answer(FetchOutcome::http_error, 500);
  CHECK(world.looks.at(3).inspection.outcome == FetchOutcome::robots_unreachable);
  world.take(4, "https://a.example/4");  // asks nobody
  CHECK(world.looks.at(4).inspection.outcome == FetchOutcome::robots_unreachable);
  world.reactor.pass(std::chrono::minutes(6));
  world.take(5, "https://a.example/5");
  CHECK(world.sent.size() == 1);
}

TEST_CASE("rules that take much memory are forgotten before they take it all") {
  World world;
  std::string rules = "User-agent: *\n";
  while (rules.size() < (std::size_t{500} << 10U)) rules += "Disallow: /" + std::string(500, 'x') + "\n";
  const auto ask = [&](std::uint64_t id, const std::string& host) {
    const std::size_t before = world.log.size();
    world.take(id, "https://" + host + "/");
    while (world.looks.empty() || world.looks.rbegin()->first != id) {
      if (world.sent.empty()) {
        REQUIRE(world.reactor.next_timer());
      } else {
        world.page(world.sent.front().request.url.ends_with("/robots.txt") ? rules : "p");
      }
    }
    return world.log.size() - before;  // requests
  };
  CHECK(ask(1, "a.example") == 2);
  CHECK(ask(2, "a.example") == 1);
  for (std::uint64_t id = 3; id < 143; ++id) CHECK(ask(id, "b" + std::to_string(id) + ".example") == 2);
  CHECK(ask(143, "a.example") == 2);
  CHECK(ask(144, "a.example") == 1);
}

TEST_CASE("a site that asks to wait is left alone, and what waits for it is given back unused") {
  World world;
  world.take(1, "https://a.example/1");
  world.take(2, "https://a.example/2");
  world.no_rules();
  world.reactor.next_timer();
  world.answer(FetchOutcome::retry_later, 503, {}, Seconds(7200));
  CHECK(world.looks.at(1).inspection.outcome == FetchOutcome::retry_later);
  REQUIRE(world.given_back.contains(2));
  CHECK(world.given_back.at(2).first == Seconds(7200));
  CHECK(world.seen.back().wait == Seconds(7200));
  world.take(3, "https://a.example/3");
  CHECK(world.given_back.contains(3));
  CHECK(world.sent.empty());
}

TEST_CASE("what another verifier was asked to wait for holds here, too") {
  World world;
  world.crawler.rule("a.example", false, std::chrono::hours(1));
  world.take(1, "https://a.example/1");
  CHECK(world.given_back.at(1).first == Seconds(3600));
}

TEST_CASE("errands for which a site's queue is too long are given back") {
  World world;
  for (std::uint64_t id = 1; id <= 100; ++id) world.take(id, "https://a.example/" + std::to_string(id));
  CHECK(world.given_back.size() > 20);
  world.run();
  CHECK(world.looks.size() + world.given_back.size() == 100);
  for (const auto& [id, look] : world.looks) CHECK_FALSE(world.given_back.contains(id));
}

TEST_CASE("a stop gives back what waits, lets what is under way end, and begins nothing") {
  World world;
  world.take(1, "https://a.example/1");
  world.take(2, "https://a.example/2");
  world.take(3, "https://b.example/");
  world.no_rules();
  world.reactor.next_timer();  // errand 1's page is under way
  world.crawler.stop("the verifier was stopped");
  CHECK(world.given_back.contains(2));
  CHECK(world.looks.size() + world.given_back.size() == 1);
  while (!world.sent.empty()) world.page("p");
  CHECK(world.looks.contains(1));
  CHECK(world.given_back.contains(3));  // its robots.txt came; its page was not begun
  CHECK(world.looks.size() + world.given_back.size() == 3);
  world.run();
  CHECK(world.sent.empty());
}

TEST_CASE("links are followed at the site's pace, under its robots.txt") {
  World world;
  world.judgements["home"].links = {"https://a.example/secret", "https://a.example/contact"};
  world.judgements["contact"].finding.published = true;
  world.take(1, "https://a.example/");
  world.answer(FetchOutcome::ok, 200, "User-agent: *\nDisallow: /secret");
  world.reactor.next_timer();
  world.page("home");
  CHECK(world.sent.empty());
  world.reactor.next_timer();
  world.page("contact");
  CHECK(world.looks.at(1).found_url == "https://a.example/contact");
  CHECK(world.log.size() == 3);
  CHECK(world.log[2].second - world.log[1].second >= Millis(2000));
}

TEST_CASE("an unchanged page is asked for with its validators and judged from its earlier octets") {
  World world;
  world.judgements["earlier"].finding.published = true;
  world.take(1, "https://a.example/", EarlierPage{"\"v1\"", "", "text/html", "", "earlier"});
  world.no_rules();
  world.reactor.next_timer();
  CHECK(world.sent.front().request.if_none_match == "\"v1\"");
  world.answer(FetchOutcome::not_modified, 304);
  CHECK(world.looks.at(1).inspection.finding.reasons.back().code == ReasonCode::unchanged);
  CHECK(world.looks.at(1).inspection.finding.published == true);
}

TEST_CASE("whatever became of the page, the look says whether the address's domain exists") {
  const std::vector<std::pair<Resolution::Answer, AddressDomain>> answers{
      {Resolution::Answer::found, AddressDomain::there},
      {Resolution::Answer::no_address, AddressDomain::there},
      {Resolution::Answer::no_name, AddressDomain::gone},
      {Resolution::Answer::failed, AddressDomain::unknown},
      {Resolution::Answer::timed_out, AddressDomain::unknown}};
  for (const auto& [answer, means] : answers) {
    for (const FetchOutcome outcome : {FetchOutcome::ok, FetchOutcome::dns_failed, FetchOutcome::timeout}) {
      CAPTURE(static_cast<int>(answer), outcome_word(outcome));
      World world;
      world.domain = answer;
      world.take(1, "https://a.example/");
      world.no_rules();
      world.reactor.next_timer();
      world.answer(outcome, 0);
      CHECK(world.looks.at(1).domain == means);
      CHECK(world.names == (means == AddressDomain::gone ? 2 : 1));
    }
  }
}

TEST_CASE("a domain is not gone for a resolver that denies a server of the root zone, too") {
  for (const Resolution::Answer about_root : {Resolution::Answer::no_name, Resolution::Answer::no_address,
                                              Resolution::Answer::failed, Resolution::Answer::timed_out}) {
    CAPTURE(static_cast<int>(about_root));
    World world;
    world.domain = Resolution::Answer::no_name;
    world.root = about_root;
    world.take(1, "https://a.example/");
    world.no_rules();
    world.reactor.next_timer();
    world.answer(FetchOutcome::dns_failed, 0);
    CHECK(world.looks.at(1).domain == AddressDomain::unknown);
  }
}

TEST_CASE("a name that is none of the DNS is not gone from it") {
  const Resolution denied{Resolution::Answer::no_name, {}, {}};
  CHECK(address_domain("example.onion", denied) == AddressDomain::unknown);
  CHECK(address_domain("onion.example", denied) == AddressDomain::gone);
  CHECK(domain_word(AddressDomain::gone) == "gone");
  CHECK(domain_word(AddressDomain::there) == "there");
  CHECK(domain_word(AddressDomain::unknown).empty());
}

TEST_CASE("an errand that ends with its crawler asks nobody any more") {
  World world;
  world.crawler.stop("the verifier was stopped");
  world.take(1, "https://a.example/");
  CHECK(world.names == 0);
  CHECK(world.given_back.contains(1));
}

TEST_CASE("an errand whose page nobody can judge now is given back") {
  World world;
  world.take(1, "https://a.example/");
  world.no_rules();
  while (world.sent.empty()) REQUIRE(world.reactor.next_timer());
  world.page("nobody can");
  REQUIRE(world.given_back.contains(1));
  CHECK(world.given_back.at(1) == std::pair{Seconds(60), std::string("nobody can")});
  CHECK(world.looks.empty());
}

TEST_CASE("a page that needs a browser waits for it, and its site does not wait meanwhile") {
  World world;
  world.judgements["script"].finding.reasons.push_back({ReasonCode::needs_browser, {}, {}, {}});
  world.judgements["shown"].finding.published = true;
  world.take(1, "https://a.example/1");
  world.take(2, "https://a.example/2");
  world.no_rules();
  world.reactor.next_timer();
  world.page("script");
  REQUIRE(world.rendering.size() == 1);
  CHECK(world.rendering.front().page == "script");
  CHECK(world.rendering.front().within == Millis(19'990));
  world.reactor.next_timer();
  world.page("p");
  CHECK(world.looks.count(2) == 1);
  CHECK(world.looks.count(1) == 0);
  world.rendering.front().answer(Rendered{"shown", "picture"}, Millis(1'000));
  world.answer_names();
  REQUIRE(world.looks.count(1) == 1);
  CHECK(world.looks.at(1).inspection.finding.published == true);
  CHECK(world.looks.at(1).rendered.png == "picture");
  CHECK(world.looks.at(1).fetched.body == "script");
}

TEST_CASE(
    "where others are about, a turn that came with the errands ends with the last of them, and says the "
    "pause") {
  World world(true);
  world.take_with_turn({"https://www.a.example/1", "https://a.example/2"}, std::chrono::minutes(15));
  world.no_rules();
  world.reactor.next_timer();
  world.page("p");
  world.reactor.next_timer();
  world.no_rules();  // of the other host of this site
  CHECK(world.left.empty());
  world.reactor.next_timer();
  world.page("p");
  CHECK(world.looks.size() == 2);
  CHECK(world.wanted.empty());
  REQUIRE(world.left.size() == 1);
  CHECK(world.left[0] == std::pair<std::string, Millis>("a.example", 2000));
}

TEST_CASE("errands that are done at once do not end the turn before the others begin") {
  World world(true);
  world.take_with_turn({"https://a.example/x"}, std::chrono::minutes(15));
  world.answer(FetchOutcome::ok, 200, "User-agent: *\nDisallow: /x");
  CHECK(world.left.size() == 1);
  world.take_with_turn({"https://a.example/x", "https://a.example/2"}, std::chrono::minutes(15));
  world.answer_names();
  CHECK(world.left.size() == 1);
  world.reactor.next_timer();
  CHECK(world.log.back().first == "https://a.example/2");
  world.page("p");
  CHECK(world.left.size() == 2);
}

TEST_CASE(
    "a redirect to another site waits for that site's turn, and keeps its own site from nobody meanwhile") {
  World world(true);
  world.take_with_turn({"https://a.example/"}, std::chrono::minutes(15));
  world.no_rules();
  world.reactor.next_timer();
  world.elsewhere("https://b.example/");
  CHECK(world.wanted == std::vector<std::string>{"b.example"});
  REQUIRE(world.left.size() == 1);
  CHECK(world.left[0].first == "a.example");
  CHECK(world.sent.empty());
  world.crawler.turn("b.example", world.reactor.now() + std::chrono::minutes(15));
  CHECK(world.log.back().first == "https://b.example/robots.txt");
  world.no_rules();
  world.reactor.next_timer();
  world.page("p");
  CHECK(world.looks.size() == 1);
  REQUIRE(world.left.size() == 2);
  CHECK(world.left[1].first == "b.example");
}

TEST_CASE(
    "where a site's turn cannot be had, what waits for it is given back, and nobody is asked anything") {
  World world(true);
  world.take(1, "https://b.example/1");
  world.take(2, "https://b.example/2");
  CHECK(world.wanted.size() == 1);
  world.crawler.turn("b.example", std::nullopt);
  CHECK(world.given_back.at(1) == std::pair<Seconds, std::string>(600, "another verifier is at its site"));
  CHECK(world.given_back.size() == 2);
  CHECK(world.log.empty());
  CHECK(world.left.empty());
  world.take(3, "https://b.example/3");
  CHECK(world.wanted.size() == 2);
}

TEST_CASE("a turn that comes when nothing waits for it any more is ended at once") {
  World world(true);
  world.take(1, "https://b.example/");
  world.crawler.stop("the verifier was stopped");
  world.crawler.turn("b.example", world.reactor.now() + std::chrono::minutes(15));
  REQUIRE(world.left.size() == 1);
  CHECK(world.left[0] == std::pair<std::string, Millis>("b.example", 0));
}

TEST_CASE("no request begins that could outlast the turn: it is ended and asked for again") {
  World world(true);
  world.take_with_turn({"https://a.example/1"}, Millis(21'000));  // a request may take 20 s
  world.no_rules();
  world.reactor.next_timer();
  CHECK(world.log.size() == 1);
  REQUIRE(world.left.size() == 1);
  CHECK(world.wanted == std::vector<std::string>{"a.example"});
  world.crawler.turn("a.example", world.reactor.now() + std::chrono::minutes(15));
  CHECK(world.log.back().first == "https://a.example/1");
}

TEST_CASE("a site's Retry-After goes with the turn that ends") {
  World world(true);
  world.take_with_turn({"https://a.example/1", "https://a.example/2"}, std::chrono::minutes(15));
  world.no_rules();
  world.reactor.next_timer();
  world.answer(FetchOutcome::retry_later, 503, {}, Seconds(7200));
  CHECK(world.given_back.contains(2));
  REQUIRE(world.left.size() == 1);
  CHECK(world.left[0].second == Seconds(7200));
}

TEST_CASE("errands for which a site's own Crawl-delay leaves no time are given back") {
  World world;
  for (std::uint64_t id = 1; id <= 20; ++id) world.take(id, "https://a.example/" + std::to_string(id));
  CHECK(world.given_back.empty());
  world.answer(FetchOutcome::ok, 200, "User-agent: *\nCrawl-delay: 60");
  CHECK(world.given_back.size() == 17);
  world.run();
  CHECK(world.looks.size() == 3);
}
