// What every service that runs until it is told to stop does with signals: SIGHUP has its configuration read
// anew, SIGTERM and SIGINT end it. What came of it stands in the log and, for `portavoz status`, in a file in
// its own directory below the run directory, which its unit makes; without that directory the log alone has
// it. Errors: none, they are logged. Threads: the first one.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/config/reload.h"

namespace portavoz {

class RunningService {
 public:
  // It has just taken its configuration. `run`: the run directory.
  RunningService(Service service, const std::string& run);
  ~RunningService();  // the file goes: nothing runs any more
  RunningService(const RunningService&) = delete;
  RunningService& operator=(const RunningService&) = delete;
  RunningService(RunningService&&) = delete;
  RunningService& operator=(RunningService&&) = delete;

  // Returns when the service is to stop. `reload` puts a new configuration in force, or changes nothing and
  // gives the reason; an exception that leaves it is such a reason.
  void until_stopped(const std::function<Result<void>()>& reload);

 private:
  void reloaded(const Result<void>& done);
  void write_down();

  std::string file_;
  ServiceState state_;
};

}  // namespace portavoz
