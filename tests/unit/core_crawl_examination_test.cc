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
  return {url, std::move(earlier), overridden, Millis(20'000), 1000};
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
