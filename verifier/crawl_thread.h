// CrawlThread: a thread with one event loop in which a Crawler works, with a fetcher, a resolver and a
// process that judges pages of its own. Checks go in and results come out from any thread; what happens
// between is the core's. Nothing in it waits for the register or for a disk. Errors: create gives what the
// resolver says. Threads: give(), turn() and stop() from any; `results` is called in the crawl thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/os/judge_process.h"
#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/crawl/crawler.h"
#include "verifier/check_queue.h"

namespace portavoz {

struct Looked {
  std::uint64_t id;
  Look look;
};
struct GivenBack {
  std::uint64_t id;
  Seconds delay;
  std::string why;
};
struct TurnWanted {
  std::string site;
  std::size_t thread = 0;  // of the caller's threads
};
struct SiteLeft {
  std::string site;
  Millis wait;  // so long nobody is to come
};
using CrawlResult = std::variant<Looked, GivenBack, SiteSeen, TurnWanted, SiteLeft>;

class CrawlThread {
 public:
  [[nodiscard]] static Result<std::unique_ptr<CrawlThread>> start(const Settings::Verifier& settings,
                                                                  JudgeOptions judging,
                                                                  std::function<void(CrawlResult)> results);
  CrawlThread(const CrawlThread&) = delete;
  CrawlThread& operator=(const CrawlThread&) = delete;
  CrawlThread(CrawlThread&&) = delete;
  CrawlThread& operator=(CrawlThread&&) = delete;
  // Ends what is under way, without a result.
  ~CrawlThread();

  // rules: all that is known of hosts now; what an earlier call overrode and this one does not is obeyed
  // again.
  void give(std::vector<Errand> errands, std::vector<SiteRule> rules);
  // Until when the turn is ours of a site that was wanted; nothing: it cannot be had.
  void turn(std::string site, std::optional<Millis> until);
  // Gives back what waits for its turn; what is under way still ends.
  void stop();

 private:
  struct Impl;
  explicit CrawlThread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace portavoz
