// CheckQueue: the queue of checks in the register, for one worker. It calls the functions that the role
// portavoz_verifier may call, and none of its answers is acted upon here. A lost connection is opened anew by
// connect(). Errors: those of pg::Connection; conflict means that the lease was lost and the result is to be
// dropped. Threads: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/pg/connection.h"
#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

struct Check {
  std::int64_t id = 0;
  int attempt = 0;  // 1 for the first one; fences this worker's answer
  std::string address;
  std::string url;
};

class CheckQueue {
 public:
  CheckQueue(std::string dsn, std::string worker) : dsn_(std::move(dsn)), worker_(std::move(worker)) {}

  // Opens a connection that listens for due checks, unless there is a living one.
  [[nodiscard]] Result<void> connect();

  // The following: precondition: connect() succeeded.
  [[nodiscard]] Result<std::vector<Check>> claim(int max_checks, Seconds lease);
  // The report's number. The same check and attempt again gives the same number.
  [[nodiscard]] Result<std::int64_t> finish(const Check& check, const std::string& report);
  [[nodiscard]] Result<void> postpone(const Check& check, Seconds delay, std::string_view why);
  // True when a check may be due; false after `timeout`.
  bool wait_for_due(Millis timeout);

 private:
  std::string dsn_;
  std::string worker_;
  std::optional<pg::Connection> connection_;
};

}  // namespace portavoz
