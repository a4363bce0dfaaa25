// portavoz-verifier: looks at the evidence pages of due checks and leaves reports.
#include <cstdio>
#include <stop_token>
#include <string>
#include <thread>

#include <sysexits.h>
#include <unistd.h>

#include "adapters/os/file_limit.h"
#include "adapters/os/host.h"
#include "adapters/os/lexicon_file.h"
#include "adapters/os/log.h"
#include "adapters/os/service_arguments.h"
#include "adapters/os/signals.h"
#include "adapters/yaml/settings_file.h"
#include "verifier/check_queue.h"
#include "verifier/work.h"

namespace {

using namespace portavoz;

constexpr const char* usage =
    "usage: portavoz-verifier [--config FILE] [--once]\n"
    "Looks at the evidence pages of the checks that are due and leaves a report on each in the register.\n\n"
    "  --config FILE  the settings (default /etc/portavoz/portavoz.yaml)\n"
    "  --once         do what is due now, then exit; else wait for checks until SIGTERM\n\n"
    "Exit status: 0, or 64 usage, 69 the register is away (--once), 78 wrong settings.\n";

int did_not_start(const Error& error) {
  log_fatal(error.what);
  return error.kind == ErrorKind::bad_input ? EX_CONFIG : EX_UNAVAILABLE;
}

Error no_register() {
  return {
      ErrorKind::bad_input,
      "register: none: the verifier's checks and reports stand in a register, and there is none; give it one "
      "(register.dsn), or disable portavoz-verifier"};
}

// The work has a thread of its own, because the first one waits for signals.
int run(CheckQueue& queue, const WorkOptions& options) {
  Result<void> done;
  std::jthread worker([&](const std::stop_token& stop) {
    done = work(queue, options, stop);
    request_stop();
  });
  while (wait_for_signal() == Signal::reload) {
    log_warning("SIGHUP: the settings are read only at the start; restart the verifier to take new ones");
  }
  worker.request_stop();
  worker.join();
  return done ? EX_OK : did_not_start(done.error());
}

}  // namespace

int main(int argc, char** argv) {
  log_open("portavoz-verifier");
  install_signals();
  raise_file_limit();
  const auto arguments = parse_service_arguments(argc, argv);
  if (!arguments) return std::fputs(usage, stderr), EX_USAGE;
  if (arguments->help) return std::fputs(usage, stdout) < 0 ? EX_IOERR : EX_OK;
  const auto settings = load_settings(arguments->config);
  if (!settings) return did_not_start(settings.error());
  if (settings->database.none) return did_not_start(no_register());
  const auto lexicon = read_lexicon(settings->verifier.lexicon);
  if (!lexicon) return did_not_start(lexicon.error());
  const std::string host = host_name();
  CheckQueue queue(settings->database.dsn, host + ":" + std::to_string(getpid()));
  log_info("started; evidence is kept in " + settings->verifier.evidence);
  return run(queue, {settings->verifier,
                     host,
                     arguments->once,
                     arguments->once && ::isatty(STDERR_FILENO) == 1,
                     {.lexicon = *lexicon, .warning = log_warning, .error = log_error}});
}
