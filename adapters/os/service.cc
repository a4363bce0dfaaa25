#include "adapters/os/service.h"

#include <exception>

#include <unistd.h>

#include "adapters/os/clock.h"
#include "adapters/os/files.h"
#include "adapters/os/log.h"
#include "adapters/os/signals.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

Result<void> guarded(const std::function<Result<void>()>& reload) {
  try {
    return reload();
  } catch (const std::exception& exception) {
    return Error{ErrorKind::internal, exception.what()};
  }
}

}  // namespace

RunningService::RunningService(Service service, const std::string& run)
    : file_(service_state_file(run, service)), state_{::getpid(), now(), std::nullopt} {
  write_down();
}

RunningService::~RunningService() { ::unlink(file_.c_str()); }

void RunningService::until_stopped(const std::function<Result<void>()>& reload) {
  while (wait_for_signal() == Signal::reload) reloaded(guarded(reload));
}

void RunningService::reloaded(const Result<void>& done) {
  if (done) {
    state_.since = now();
    state_.refusal.reset();
  } else {
    state_.refusal = {now(), on_one_line(done.error().what)};
  }
  write_down();  // first: whoever reads the log finds it in the status, too
  if (done)
    log_info("SIGHUP: the configuration was read anew and is in force");
  else
    log_error("SIGHUP: the new configuration is refused, and that of " + to_rfc3339(state_.since) +
              " stays in force: " + state_.refusal->why);
}

void RunningService::write_down() {
  constexpr mode_t for_everybody = 0644;
  if (const auto written = write_file_atomic(file_, format_service_state(state_), for_everybody); !written)
    log_warning("`portavoz status` will not know which configuration is in force here: " +
                written.error().what);
}

}  // namespace portavoz
