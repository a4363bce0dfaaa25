// portavoz-outbox, the clerk: what happens to contacts because time goes by.
#include <cstdio>
#include <stop_token>
#include <thread>

#include <sysexits.h>

#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/os/service_arguments.h"
#include "adapters/os/signals.h"
#include "adapters/yaml/settings_file.h"
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

// The work has a thread of its own, because the first one waits for signals.
int run(Clerk& clerk) {
  std::jthread worker([&](const std::stop_token& stop) {
    clerk.run(stop);
    request_stop();
  });
  while (wait_for_signal() == Signal::reload)
    log_warning("SIGHUP: the settings are read only at the start; restart the clerk to take new ones");
  return EX_OK;
}

int without_register() {
  log_fatal(
      "register: none: the clerk moves the contacts of a register, and there is none; give it one "
      "(register.dsn), or disable portavoz-outbox");
  return EX_CONFIG;
}

}  // namespace

int main(int argc, char** argv) {
  log_open("portavoz-outbox");
  install_signals();
  const auto arguments = parse_service_arguments(argc, argv);
  if (!arguments) return std::fputs(usage, stderr), EX_USAGE;
  if (arguments->help) return std::fputs(usage, stdout) < 0 ? EX_IOERR : EX_OK;
  const auto settings = load_settings(arguments->config);
  if (!settings) {
    log_fatal(settings.error().what);
    return settings.error().kind == ErrorKind::bad_input ? EX_CONFIG : EX_UNAVAILABLE;
  }
  if (settings->database.none) return without_register();
  Clerk clerk(settings->database.dsn);
  if (arguments->once) return once(clerk);
  log_info("started; moves by time are made each minute");
  return run(clerk);
}
