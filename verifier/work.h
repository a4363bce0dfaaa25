// The verifier's work: claim due checks, have each examined by the crawl threads, leave a report, postpone or
// give back, wait for the next. The evidence is on the disk before the report is made; what of it may go is
// removed at the start and every hour. One thread speaks with the register, and nothing that fetches waits
// for it. It can write reports and nothing else (its database role sees to that). A register that is away is
// waited for; what was examined meanwhile is reported as soon as it is back. A site is one worker's at a time
// among all verifiers of the register, and one thread's of it: its turn comes with the claim of its checks,
// is asked for where a page leads there, and is given back when the thread has left it. Threads: runs in the
// caller's; `stop` may be asked for from any.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "adapters/os/judge_process.h"
#include "core/base/result.h"
#include "core/config/settings.h"
#include "verifier/check_queue.h"

namespace portavoz {

struct WorkOptions {
  Settings::Verifier settings;
  std::string host;  // for the report, to say who looked
  // Everything that is due now, and no more; not what is at sites of another verifier, or to be left alone
  // for more than two minutes.
  bool once = false;
  bool progress = false;  // a line on standard error every second, for a person who waits
  JudgeOptions judging;   // of each thread
};

class Work {
 public:
  // Its crawl threads wait. Error: the settings cannot be used.
  [[nodiscard]] static Result<Work> prepare(CheckQueue queue, WorkOptions options);
  Work(Work&&) noexcept;
  Work& operator=(Work&&) noexcept;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work();

  // Until stop is asked for, or until nothing is due. After a stop, what is under way has some seconds to
  // end; all else is given back, and the looks do not count. To be called once. Error: with `once`, the
  // register is away or refuses us.
  [[nodiscard]] Result<void> run(const std::stop_token& stop);

 private:
  class Parts;
  explicit Work(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace portavoz
