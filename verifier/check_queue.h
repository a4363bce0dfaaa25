// CheckQueue: the queue of checks in the register, for one worker. It calls the functions that the role
// portavoz_verifier may call, and none of its answers is acted upon here. A lost connection is opened anew by
// connect(). Errors: those of pg::Connection; conflict means that the lease was lost and the result is to be
// dropped. Threads: one.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/pg/connection.h"
#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

struct Check {
  std::int64_t id = 0;
  int attempt = 0;  // fences this worker's answer
  int look = 0;     // 1 for the first one; what was given back does not count
  std::string address;
  std::string url;
  std::string site;  // whose turn was claimed with it
  // Of the last report on this page: for a conditional request. Empty without one.
  std::string etag, last_modified, content_type, final_url, body_sha256, response_host, response_path;
};

// Both JSON, see finish_check() in sql/.
struct Report {
  std::string report, evidence;
};

// What the register knows of a host before we knock.
struct SiteRule {
  std::string host;
  bool robots_overridden = false;
  Seconds wait{0};
};

class CheckQueue {
 public:
  CheckQueue(std::string dsn, std::string worker) : dsn_(std::move(dsn)), worker_(std::move(worker)) {}

  // Opens a connection that listens for due checks, unless there is a living one.
  [[nodiscard]] Result<void> connect();

  // The following: precondition: connect() succeeded.
  // The oldest ones that are due and whose sites' turns are nobody's; the turns are this worker's for the
  // lease. It keeps the low-water mark, below which nothing is seen, and drops it every minute; where there
  // is nothing above it every second, or at once when the worker is idle. `time` is of a monotonic clock.
  [[nodiscard]] Result<std::vector<Check>> claim(int max_checks, Seconds lease, Millis time, bool idle);
  // Those of the sites whose turns are this worker's now, for the lease. It must have none of them yet.
  [[nodiscard]] Result<std::set<std::string>> take_turns(const std::vector<std::string>& sites,
                                                         Seconds lease);
  // How long until a due check can be claimed whose site is nobody's; nothing: there is none.
  [[nodiscard]] Result<std::optional<Millis>> next_turn();
  struct Leaving {
    std::string site;
    Millis wait;  // so long nobody is to come
  };
  [[nodiscard]] Result<void> leave_sites(const std::vector<Leaving>& sites);
  [[nodiscard]] Result<std::vector<SiteRule>> site_rules();
  [[nodiscard]] Result<std::size_t> count_due();
  [[nodiscard]] Result<void> note_sites(const std::string& seen);  // JSON, see note_sites() in sql/
  // Due again after `delay`, and the look does not count. What is not held any more is passed over.
  [[nodiscard]] Result<void> give_back(const std::vector<Check>& checks, Seconds delay, std::string_view why);
  // The report's number. The same check and attempt again gives the same number.
  [[nodiscard]] Result<std::int64_t> finish(const Check& check, const Report& report);
  // The files that must not be removed, of all hosts.
  [[nodiscard]] Result<std::set<std::string>> evidence_in_use();
  [[nodiscard]] Result<void> postpone(const Check& check, Seconds delay, std::string_view why);
  // True when a check may be due; false after `timeout`.
  bool wait_for_due(Millis timeout);

 private:
  Result<std::vector<Check>> claim_above_mark(int max_checks, Seconds lease, Millis time);

  std::string dsn_;
  std::string worker_;
  std::optional<pg::Connection> connection_;
  std::optional<std::string> mark_;  // the latest due time that was seen
  Millis saw_all_{0};                // when a claim had no mark
};

}  // namespace portavoz
