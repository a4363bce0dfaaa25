// The steps of a check, taken by hand: no network, no clock.
#include <functional>
#include <map>

#include "core/crawl/examination.h"
#include "tests/lib/catch.h"

using namespace portavoz;
using Step = Examination::Step;

namespace {

const std::string url = "https://a.example/";

Examination examination(std::optional<EarlierPage> earlier = {}, bool overridden = false) {
  return {url,
          std::move(earlier),
          {.robots_overridden = overridden, .may_render = false, .total = Millis(20'000), .octets = 1000}};
}

// One with a browser to ask, whose page was read and has no text of its own.
Examination waiting_for_browser(Millis took = Millis(100)) {
  Examination each(url, {},
                   {.robots_overridden = false, .may_render = true, .total = Millis(20'000), .octets = 1000});
  each.rules({});
  FetchResult page;
  page.outcome = FetchOutcome::ok;
  page.body = "a script";
  page.content_type = "text/html; charset=latin1";
  page.final_url = url + "there";
  each.fetched(std::move(page), took);
  Inspection inspection;
  inspection.finding.reasons.push_back({ReasonCode::needs_browser, {}, {}, {}});
  inspection.links = {url + "plain"};
  each.judged(std::move(inspection));
  return each;
}

FetchResult page(std::string body, const std::string& at = url) {
  FetchResult result;
  result.outcome = FetchOutcome::ok;
  result.http_status = 200;
  result.raw_bytes = body.size();
  result.body = std::move(body);
  result.final_url = at;
  return result;
}

FetchResult failed(FetchOutcome outcome) {
  FetchResult result;
  result.outcome = outcome;
  result.final_url = url;
  return result;
}

// The reasons that the look adds to those of the page, one of each kind at the most.
std::string reason(const Look& look, ReasonCode code) {
  for (const Reason& each : look.inspection.finding.reasons)
    if (each.code == code) return each.detail.empty() ? "given" : each.detail;
  return "";
}

Inspection says(std::optional<bool> published, std::vector<std::string> links = {}) {
  Inspection inspection;
  inspection.finding.published = published;
  inspection.finding.official = published;
  inspection.links = std::move(links);
  return inspection;
}

SiteRules forbids(const std::string& path) {
  return {Robots::parse("User-agent: *\nDisallow: " + path), FetchOutcome::ok, {}};
}

}  // namespace

TEST_CASE("a page on which the address stands is asked for, read, judged, and that is all") {
  auto each = examination();
  CHECK(each.next() == Step::robots);
  each.rules({});
  REQUIRE(each.next() == Step::fetch);
  CHECK(each.request().url == url);
  CHECK(each.request().if_none_match.empty());
  each.fetched(page("contact"), Millis(100));
  REQUIRE(each.next() == Step::judge);
  CHECK(each.page().body == "contact");
  each.judged(says(true, {"https://a.example/imprint"}));
  REQUIRE(each.next() == Step::done);
  CHECK(each.look().inspection.finding.published == true);
  CHECK(each.look().found_url.empty());
  CHECK(each.look().robots == RobotsWord::allowed);
  CHECK(each.look().fetched.body == "contact");
  CHECK(each.look().took == Millis(100));
}

TEST_CASE("a page that robots.txt forbids is not fetched, and nothing is known of the address") {
  auto each = examination();
  each.rules(forbids("/"));
  REQUIRE(each.next() == Step::done);
  CHECK(each.look().inspection.outcome == FetchOutcome::robots_disallowed);
  CHECK(each.look().fetched.outcome == FetchOutcome::robots_disallowed);
  CHECK_FALSE(each.look().inspection.finding.published.has_value());
  CHECK(each.look().robots == RobotsWord::disallowed);
}

TEST_CASE("a robots.txt that cannot be read now ends the look as not known") {
  auto each = examination();
  each.rules({{}, FetchOutcome::robots_unreachable, "http_error: HTTP status 500"});
  REQUIRE(each.next() == Step::done);
  CHECK(each.look().inspection.outcome == FetchOutcome::robots_unreachable);
  CHECK(each.look().robots == RobotsWord::unreachable);
}

TEST_CASE("where robots.txt is overridden nobody asks for it, and the look says so") {
  auto each = examination({}, true);
  REQUIRE(each.next() == Step::fetch);
  each.fetched(page("x"), Millis(1));
  each.judged(says(true));
  CHECK(each.look().robots == RobotsWord::overridden);
  CHECK(reason(each.look(), ReasonCode::robots_overridden) == "given");
}

TEST_CASE("a page that is as it was is judged again from its earlier octets") {
  auto each =
      examination(EarlierPage{"\"v1\"", "yesterday", "text/html", "https://a.example/home", "earlier"});
  each.rules({});
  CHECK(each.request().if_none_match == "\"v1\"");
  CHECK(each.request().if_modified_since == "yesterday");
  each.fetched(failed(FetchOutcome::not_modified), Millis(1));
  REQUIRE(each.next() == Step::judge);
  CHECK(each.page().body == "earlier");
  CHECK(each.page().content_type == "text/html");
  CHECK(each.page().final_url == "https://a.example/home");
  each.judged(says(true));
  CHECK(reason(each.look(), ReasonCode::unchanged) == "given");
  CHECK(each.look().fetched.outcome == FetchOutcome::ok);
}

TEST_CASE(
    "while the address is not there, up to three links are followed, and the look says where it was found") {
  auto each = examination();
  each.rules({});
  each.fetched(page("home"), Millis(1));
  each.judged(says(
      false, {"https://a.example/1", "https://a.example/2", "https://a.example/3", "https://a.example/4"}));
  REQUIRE(each.next() == Step::robots);
  CHECK(each.url() == "https://a.example/1");
  each.rules(forbids("/1"));  // a forbidden link is passed over
  CHECK(each.url() == "https://a.example/2");
  each.rules({});
  each.fetched(failed(FetchOutcome::timeout), Millis(1));  // so is one that cannot be read
  CHECK(each.url() == "https://a.example/3");
  each.rules({});
  CHECK(each.request().if_none_match.empty());
  each.fetched(page("imprint", "https://a.example/three"), Millis(1));
  each.judged(says(true, {"https://a.example/5"}));
  REQUIRE(each.next() == Step::done);
  CHECK(each.look().found_url == "https://a.example/three");
  CHECK(reason(each.look(), ReasonCode::behind_link) == "https://a.example/three");
  CHECK(reason(each.look(), ReasonCode::link_unread).empty());  // it was found
  CHECK(each.look().fetched.body == "imprint");
  CHECK(each.look().robots == RobotsWord::allowed);
}

TEST_CASE("links that bring nothing leave what the page itself said, and a fourth is not followed") {
  auto each = examination();
  each.rules({});
  each.fetched(page("home"), Millis(1));
  each.judged(says(std::nullopt, {"https://a.example/1", "https://a.example/2", "https://a.example/3",
                                  "https://a.example/4"}));
  int followed = 0;
  while (each.next() != Step::done) {
    ++followed;
    each.rules({});
    each.fetched(page("other"), Millis(1));
    each.judged(says(false, {"https://a.example/9"}));
  }
  CHECK(followed == 3);
  CHECK(each.look().fetched.body == "home");
  CHECK_FALSE(each.look().inspection.finding.published.has_value());
  CHECK(each.look().found_url.empty());
}

TEST_CASE("links that were all read and do not show it leave it absent") {
  auto each = examination();
  each.rules({});
  each.fetched(page("home"), Millis(1));
  each.judged(says(false, {"https://a.example/1"}));
  each.rules({});
  each.fetched(page("other"), Millis(1));
  each.judged(says(false));
  REQUIRE(each.next() == Step::done);
  CHECK(each.look().inspection.finding.published == false);
  CHECK(each.look().inspection.finding.official == false);
  CHECK(each.look().inspection.finding.reasons.empty());
}

TEST_CASE("while a link may show it and was not seen, nobody says that it is absent") {
  const std::string link = "https://a.example/1";
  const std::map<std::string, std::function<void(Examination&)>> ends{
      {"forbidden", [](Examination& each) { each.rules(forbids("/1")); }},
      {"its robots.txt unknown",
       [](Examination& each) {
         each.rules({{}, FetchOutcome::robots_unreachable, {}});
       }},
      {"not read",
       [](Examination& each) {
         each.rules({});
         each.fetched(failed(FetchOutcome::timeout), Millis(1));
       }},
      {"cannot tell", [](Examination& each) {
         each.rules({});
         each.fetched(page("script"), Millis(1));
         each.judged(says(std::nullopt));
       }}};
  for (const auto& [how, end] : ends) {
    INFO(how);
    auto each = examination();
    each.rules({});
    each.fetched(page("home"), Millis(1));
    each.judged(says(false, {link}));
    end(each);
    REQUIRE(each.next() == Step::done);
    CHECK_FALSE(each.look().inspection.finding.published.has_value());
    CHECK_FALSE(each.look().inspection.finding.official.has_value());
    CHECK(reason(each.look(), ReasonCode::link_unread) == link);
    CHECK(each.look().fetched.body == "home");
    CHECK(each.look().found_url.empty());
  }
}

TEST_CASE("all pages of a look share one budget of time and octets") {
  auto slow = examination();
  slow.rules({});
  CHECK(slow.request().within == Millis(20'000));
  slow.fetched(page("home"), Millis(15'000));
  slow.judged(says(false, {"https://a.example/1", "https://a.example/2"}));
  slow.rules({});
  CHECK(slow.request().within == Millis(5'000));
  slow.fetched(page("other"), Millis(5'000));
  slow.judged(says(false));
  CHECK(slow.next() == Step::done);
  CHECK(reason(slow.look(), ReasonCode::link_unread) == "https://a.example/2");  // no time was left for it
  CHECK_FALSE(slow.look().inspection.finding.published.has_value());

  auto large = examination();
  large.rules({});
  large.fetched(page(std::string(1000, 'x')), Millis(1));
  large.judged(says(false, {"https://a.example/1"}));
  CHECK(large.next() == Step::done);
  CHECK(reason(large.look(), ReasonCode::link_unread) == "https://a.example/1");
}

TEST_CASE("a page whose text comes by a script is shown to a browser, and what that shows is judged") {
  auto each = waiting_for_browser();
  REQUIRE(each.next() == Step::render);
  CHECK(each.page().body == "a script");
  CHECK(each.page().final_url == url + "there");
  CHECK(each.left() == Millis(19'900));
  each.rendered(Rendered{"the page", "a picture"}, Millis(1'000));
  REQUIRE(each.next() == Step::judge);
  CHECK(each.page().body == "the page");
  CHECK(each.page().content_type == "text/html; charset=utf-8");
  CHECK(each.page().final_url == url + "there");
  each.judged(says(true));
  REQUIRE(each.next() == Step::done);
  const Look& look = each.look();
  CHECK(look.inspection.finding.published == true);
  CHECK(reason(look, ReasonCode::rendered) == "given");
  CHECK(reason(look, ReasonCode::needs_browser).empty());
  CHECK(look.fetched.body == "a script");  // the evidence is what came
  CHECK(look.fetched.content_type == "text/html; charset=latin1");
  CHECK(look.rendered.html == "the page");
  CHECK(look.rendered.png == "a picture");
}

TEST_CASE("a browser that does not show the address proves nothing: nobody can tell, and its picture stays") {
  Inspection again = says(std::nullopt);
  again.finding.reasons.push_back({ReasonCode::needs_browser, {}, {}, {}});
  for (const Inspection& inspection : {says(false), again}) {
    auto each = waiting_for_browser();
    each.rendered(Rendered{"the page", "a picture"}, Millis(1'000));
    each.judged(inspection);
    REQUIRE(each.next() == Step::done);
    CHECK_FALSE(each.look().inspection.finding.published.has_value());
    CHECK_FALSE(each.look().inspection.finding.official.has_value());
    CHECK(reason(each.look(), ReasonCode::needs_browser) == "given");
    CHECK(reason(each.look(), ReasonCode::rendered_absent) == "given");
    CHECK(reason(each.look(), ReasonCode::rendered).empty());
    CHECK(each.look().rendered.png == "a picture");
    CHECK(each.look().fetched.body == "a script");
  }
}

TEST_CASE("a doubt about what the browser shows stays a doubt, with its own reason") {
  auto each = waiting_for_browser();
  each.rendered(Rendered{"the page", ""}, Millis(1'000));
  Inspection doubt = says(std::nullopt);
  doubt.finding.reasons.push_back({ReasonCode::picture, "mail.png", {}, {}});
  each.judged(doubt);
  REQUIRE(each.next() == Step::done);
  CHECK(reason(each.look(), ReasonCode::picture) == "mail.png");
  CHECK(reason(each.look(), ReasonCode::rendered) == "given");
  CHECK(reason(each.look(), ReasonCode::needs_browser).empty());
}

TEST_CASE("links that only the browser shows are followed, within what its work left of the time") {
  auto each = waiting_for_browser();
  each.rendered(Rendered{"the page", ""}, Millis(12'000));
  each.judged(says(false, {url + "contact"}));
  REQUIRE(each.next() == Step::robots);
  CHECK(each.url() == url + "contact");
  each.rules({});
  CHECK(each.request().within == Millis(7'900));
  each.fetched(page("contact", url + "contact"), Millis(1));
  Inspection script = says(std::nullopt);
  script.finding.reasons.push_back({ReasonCode::needs_browser, {}, {}, {}});
  each.judged(script);  // a browser is asked once, and for the evidence page
  CHECK(each.next() == Step::done);
}

TEST_CASE("a browser that could not do it leaves the page as one that needs a browser") {
  auto each = waiting_for_browser();
  each.rendered(std::nullopt, Millis(20'000));
  REQUIRE(each.next() == Step::done);  // no time is left for the link
  CHECK_FALSE(each.look().inspection.finding.published.has_value());
  CHECK(reason(each.look(), ReasonCode::needs_browser) == "given");
  CHECK(reason(each.look(), ReasonCode::rendered_absent).empty());
  CHECK(each.look().rendered.html.empty());
  CHECK(each.look().fetched.body == "a script");

  auto with_time = waiting_for_browser();
  with_time.rendered(std::nullopt, Millis(1));
  CHECK(with_time.url() == url + "plain");
}

TEST_CASE("a browser is not asked where there is none, or no time, or no need") {
  Inspection script = says(std::nullopt);
  script.finding.reasons.push_back({ReasonCode::needs_browser, {}, {}, {}});
  auto none = examination();
  none.rules({});
  none.fetched(page("script"), Millis(1));
  none.judged(script);
  CHECK(none.next() == Step::done);
  CHECK(waiting_for_browser(Millis(20'000)).next() == Step::done);
  Examination readable(url, {}, {.may_render = true, .total = Millis(20'000), .octets = 1000});
  readable.rules({});
  readable.fetched(page("text"), Millis(1));
  readable.judged(says(false));
  CHECK(readable.next() == Step::done);
}

TEST_CASE(
    "a redirect to another site is followed when that site's robots.txt allows it, five times at the most") {
  const std::string other = "https://b.example/contact";
  const auto moved = [](const std::string& to) {
    FetchResult result = failed(FetchOutcome::http_error);
    result.elsewhere = to;
    result.redirects = {url};
    return result;
  };
  SECTION("allowed") {
    auto check = examination({}, true);
    REQUIRE(check.next() == Step::fetch);  // overridden for its own site alone
    CHECK(check.request().one_site);
    check.fetched(moved(other), Millis(10));
    REQUIRE(check.next() == Step::robots);
    CHECK(check.url() == other);
    check.rules({});
    REQUIRE(check.next() == Step::fetch);
    check.fetched(page("text", other), Millis(10));
    CHECK(check.page().redirects == std::vector<std::string>{url});
    check.judged({});
    CHECK(check.look().fetched.final_url == other);
    CHECK(check.look().robots == RobotsWord::allowed);
  }
  SECTION("not allowed") {
    auto check = examination();
    check.rules({});
    check.fetched(moved(other), Millis(10));
    SiteRules unknown;
    unknown.outcome = FetchOutcome::robots_unreachable;
    check.rules(unknown);
    REQUIRE(check.next() == Step::done);
    CHECK_FALSE(check.look().inspection.finding.published);
  }
  SECTION("too often") {
    auto check = examination();
    check.rules({});
    int moves = 0;
    for (; check.next() == Step::fetch && moves < 20; ++moves) {
      check.fetched(moved(other), Millis(10));
      if (check.next() == Step::robots) check.rules({});
    }
    CHECK(moves == 6);
    REQUIRE(check.next() == Step::done);
    CHECK(check.look().fetched.outcome == FetchOutcome::too_many_redirects);
  }
}
