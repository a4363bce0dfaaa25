// Examination: one check as a sequence of steps that somebody else takes: may we read the page (robots.txt),
// read it, judge it; and while the address does not stand on it, the same for up to three links of the same
// site that look like a contact or imprint page, all within one budget of time and octets. It does no I/O and
// reads no clock: next() says what is wanted, and one of the answers below brings it further. While one of
// the links is forbidden, cannot be read or cannot be judged, the address may stand there: it is not found,
// and nobody says that it is absent. Errors: none; every end is a Look. Threads: a value of one thread.
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
  FetchResult fetched;    // the page that the inspection is about
  std::string found_url;  // of that page, when a link led to it and the address stands on it; else empty
  RobotsWord robots = RobotsWord::not_asked;  // for the evidence page
  Millis took{0};                             // all requests together
  AddressDomain domain =
      AddressDomain::unknown;  // of the address; the crawler's, whatever became of the page
};

class Examination {
 public:
  enum class Step : std::uint8_t { robots, fetch, judge, done };

  // total, octets: for all pages together. The octets of the page that reaches the bound are still read.
  Examination(std::string url, std::optional<EarlierPage> earlier, bool robots_overridden, Millis total,
              std::size_t octets);

  [[nodiscard]] Step next() const { return step_; }
  // The page that the step is about. Steps robots, fetch, judge.
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] FetchRequest request() const;                           // step fetch
  [[nodiscard]] const FetchResult& page() const { return candidate_; }  // step judge
  [[nodiscard]] const Look& look() const { return look_; }              // step done

  void rules(const SiteRules& rules);
  void fetched(FetchResult result, Millis took);
  void judged(Inspection inspection);

 private:
  void begin(std::string url);
  void ended(FetchOutcome outcome, std::string detail);
  void follow();
  void end();

  std::string url_;
  std::optional<EarlierPage> earlier_;
  bool overridden_;
  Millis left_;
  std::size_t octets_left_;
  Step step_ = Step::robots;
  bool first_ = true;
  bool unchanged_ = false;          // 304: the page's octets are the earlier ones
  std::vector<std::string> links_;  // the next one last
  std::string unread_;              // the first link that says nothing; empty when all were judged
  FetchResult candidate_;
  Look look_;
};

}  // namespace portavoz
