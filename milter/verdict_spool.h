// Verdicts on their way to the register: each is appended to a file first, and a thread carries the file's
// lines over whenever the register is there. A verdict has an id of its own, so one that is carried twice
// counts once.
//
// The spool is bounded: past 64 MiB (the register away for long under a flood) new verdicts are only logged.
// Nothing waits for the register. Threads: append() from any; the carrying in a thread of its own, ended by
// the destructor.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "adapters/json/verdict_json.h"
#include "adapters/pg/connection.h"
#include "core/base/result.h"

namespace portavoz {

class VerdictSpool {
 public:
  // Opens DIRECTORY, which must exist. Errors: unavailable when it cannot be written.
  [[nodiscard]] static Result<std::unique_ptr<VerdictSpool>> open(std::string directory, std::string dsn);

  void append(const VerdictRecord& verdict);

 private:
  VerdictSpool(std::string directory, std::string dsn);
  void run(const std::stop_token& stop);
  [[nodiscard]] Result<void> carry(std::optional<pg::Connection>& connection);

  std::string directory_;
  std::string dsn_;
  std::mutex mutex_;  // guards the file of new verdicts and pending_
  std::condition_variable_any woken_;
  bool pending_ = true;  // an earlier run may have left some
  std::jthread thread_;  // last: it uses the others
};

}  // namespace portavoz
