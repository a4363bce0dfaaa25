// Robots: what a site's robots.txt (RFC 9309) lets us read, and how fast. Rules of the group that names our
// product token count, else those of `*`; groups of the same name are one (§2.2.1). The longest match wins,
// and of two that are as long the one that allows (§2.2.2); `*` and a final `$` are understood (§2.2.3), and
// percent-encoding of what needs none makes no difference. At most 500 KiB are read (§2.5). Crawl-delay is no
// part of the RFC, but sites mean it: it is the pause between two requests, up to a bound of ours. Pure; any
// octets are a robots.txt, and what is no rule is skipped. Errors: none. Threads: safe from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/net/fetch.h"
#include "core/net/url.h"

namespace portavoz {

inline constexpr std::string_view product_token = "Portavoz";
inline constexpr Millis longest_crawl_delay{60'000};

class Robots {
 public:
  static Robots parse(std::string_view octets, std::string_view token = product_token);
  // A site without rules lets everything be read.
  Robots() = default;

  // target: path and query, as in Url::target(). Rules that take more work than is done for any site forbid.
  [[nodiscard]] bool allows(std::string_view target) const;
  [[nodiscard]] Millis crawl_delay() const { return crawl_delay_; }
  [[nodiscard]] std::size_t octets() const;  // of memory, about

 private:
  struct Rule {
    std::string pattern;
    bool allow = false;
  };
  std::vector<Rule> rules_;
  Millis crawl_delay_{0};
};

// Where a page's robots.txt is: at the root of the same scheme, host and port (§2.3).
[[nodiscard]] std::string robots_url(const Url& page);

// What fetching a robots.txt came to (§2.3.1). An answer of 4xx means that there are no rules; what cannot be
// read now forbids everything for now, and is no word about the page. `outcome` is ok, or how a check ends
// that wanted a page of this site: the fetch's own outcome where no answer came (the page would fare the
// same), retry_later where the site asks to wait, else robots_unreachable.
struct SiteRules {
  Robots robots;
  FetchOutcome outcome = FetchOutcome::ok;
  std::string detail;
};
[[nodiscard]] SiteRules site_rules(const FetchResult& fetched);

}  // namespace portavoz
