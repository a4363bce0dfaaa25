// Examination: one check as a sequence of steps that somebody else takes: may we read the page (robots.txt),
// read it, judge it, have it shown by a browser where its text comes by a script only and judge that; and
// while the address does not stand on it, the same for up to three links of the same site that look like a
// contact or imprint page, all within one budget of time and octets. Where a page redirects to another site,
// that site's robots.txt is asked and its turn waited for as well. It does no I/O and reads no clock:
// next() says what is wanted, and one of the answers below brings it further. While one of the links is
// forbidden, cannot be read or cannot be judged, the address may stand there: it is not found, and nobody
// says that it is absent. Nor does a browser without a network show that it is. Errors: none; every end is a
// Look. Threads: a value of one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/crawl/address_domain.h"
#include "core/crawl/robots.h"
#include "core/evidence/inspect.h"
#include "core/net/fetch.h"
#include "core/render/wire.h"

namespace portavoz {

// What an earlier look left, for a conditional request (RFC 9110 §13). Only with its octets at hand: what is
// not modified is judged again.
struct EarlierPage {
  std::string etag;
  std::string last_modified;
  std::string content_type;
  std::string final_url;
  std::string body;
};

enum class RobotsWord : std::uint8_t { not_asked, allowed, disallowed, unreachable, overridden };
[[nodiscard]] std::string_view robots_word(RobotsWord word);

// What an examination came to.
struct Look {
  Inspection inspection;  // its last reasons are how the page was come by
  FetchResult fetched;    // the page that the inspection is about, as it came
  Rendered rendered;      // the evidence page in a browser; empty unless one was asked and did it
  std::string found_url;  // of that page, when a link led to it and the address stands on it; else empty
  RobotsWord robots = RobotsWord::not_asked;  // for the evidence page
  Millis took{0};                             // all requests together
  AddressDomain domain =
      AddressDomain::unknown;  // of the address; the crawler's, whatever became of the page
};

class Examination {
 public:
  enum class Step : std::uint8_t { robots, fetch, judge, render, done };

  struct Options {
    bool robots_overridden = false;
    bool may_render = false;  // there is somebody to ask
    // For all pages together. The octets of the page that reaches the bound are still read.
    Millis total{0};
    std::size_t octets = 0;
  };

  Examination(std::string url, std::optional<EarlierPage> earlier, const Options& options);

  [[nodiscard]] Step next() const { return step_; }
  // The page that the step is about. Steps robots, fetch, judge, render.
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] FetchRequest request() const;                           // step fetch
  [[nodiscard]] const FetchResult& page() const { return candidate_; }  // steps judge, render
  [[nodiscard]] Millis left() const { return left_; }                   // of the total
  [[nodiscard]] const Look& look() const { return look_; }              // step done

  void rules(const SiteRules& rules);
  void fetched(FetchResult result, Millis took);
  void judged(Inspection inspection);
  void rendered(std::optional<Rendered> page, Millis took);  // nothing: it could not be done

 private:
  void begin(std::string url);
  void go_on(FetchResult hop);
  void ended(FetchOutcome outcome, std::string detail);
  [[nodiscard]] bool wants_browser(const Inspection& inspection) const;
  void judged_in_browser(Inspection inspection);
  void take(Inspection inspection);
  void follow();
  void end();

  std::string url_;
  std::optional<EarlierPage> earlier_;
  bool overridden_;
  bool may_render_;
  Millis left_;
  std::size_t octets_left_;
  Step step_ = Step::robots;
  bool first_ = true;
  int moves_ = 0;                   // to other sites, for this page
  std::vector<std::string> way_;    // the redirects to them
  bool unchanged_ = false;          // 304: the page's octets are the earlier ones
  std::vector<std::string> links_;  // the next one last
  std::string unread_;              // the first link that says nothing; empty when all were judged
  FetchResult candidate_;
  std::optional<FetchResult> plain_;  // what came, while the candidate is what a browser shows
  Inspection plain_inspection_;       // what was found on that
  Look look_;
};

}  // namespace portavoz
