// portavoz-outbox, the clerk: what happens to contacts because time goes by.
#include <cstdio>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <sysexits.h>

#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/os/service.h"
#include "adapters/os/service_arguments.h"
#include "adapters/os/signals.h"
#include "adapters/pg/connection.h"
#include "adapters/yaml/settings_file.h"
#include "core/config/reload.h"
#include "outbox/clerk.h"

namespace {

using namespace portavoz;

constexpr const char* usage =
    "usage: portavoz-outbox [--config FILE] [--once]\n"
    "The clerk: weighs what the checks of contacts' pages found, and warns, lets lapse and suspends when it "
    "is time;\nthe posts of a contact whose domain is gone wait for an admin.\n\n"
    "  --config FILE  the settings (default /etc/portavoz/portavoz.yaml)\n"
    "  --once         do what is due now, then exit; else every minute until SIGTERM\n\n"
    "Exit status: 0, or 64 usage, 69 the register is away (--once), 70 something failed that the log names "
    "(--once), 78 wrong\nsettings.\n";

int once(Clerk& clerk) {
  const auto done = clerk.move_by_time(now());
  if (done) return done->failed == 0 ? EX_OK : EX_SOFTWARE;
  log_error(done.error().what);
  return done.error().kind == ErrorKind::unavailable ? EX_UNAVAILABLE : EX_SOFTWARE;
}

Result<Settings> load(const std::string& config) {
  auto settings = load_settings(config);
  if (!settings) return settings;
  if (settings->database.none)
    return Error{ErrorKind::bad_input,
                 "register: none: the clerk moves the contacts of a register, and there is none; give it one "
                 "(register.dsn), or disable portavoz-outbox"};
  if (auto readable = pg::Connection::check(settings->database.dsn); !readable)
    return Error{readable.error().kind, config + ": " + readable.error().what};
  return settings;
}

// A clerk at work. It has a thread of its own, because the first one waits for signals. Its end waits for the
// contacts that are being moved.
class Working {
 public:
  explicit Working(const std::string& dsn)
      : clerk_(dsn), thread_([this](const std::stop_token& stop) { clerk_.run(stop); }) {}

 private:
  Clerk clerk_;
  std::jthread thread_;  // last: it uses the clerk
};

int run(const std::string& config, Settings settings) {
  std::optional<Working> working(std::in_place, settings.database.dsn);
  RunningService service(Service::clerk, settings.run);
  service.until_stopped([&]() -> Result<void> {
    auto wanted = load(config);
    if (!wanted) return wanted.error();
    if (auto allowed = may_replace(Service::clerk, settings, *wanted); !allowed) return allowed;
    if (wanted->database.dsn != settings.database.dsn) working.emplace(wanted->database.dsn);
    settings = std::move(*wanted);
    return {};
  });
  return EX_OK;
}

}  // namespace

int main(int argc, char** argv) {
  log_open("portavoz-outbox");
  install_signals();
  const auto arguments = parse_service_arguments(argc, argv);
  if (!arguments) return std::fputs(usage, stderr), EX_USAGE;
  if (arguments->help) return std::fputs(usage, stdout) < 0 ? EX_IOERR : EX_OK;
  auto settings = load(arguments->config);
  if (!settings) {
    log_fatal(settings.error().what);
    return settings.error().kind == ErrorKind::bad_input ? EX_CONFIG : EX_UNAVAILABLE;
  }
  if (arguments->once) {
    Clerk clerk(settings->database.dsn);
    return once(clerk);
  }
  log_info("started; moves by time are made each minute");
  return run(arguments->config, std::move(*settings));
}
