// portavoz-verifier: looks at the evidence pages of due checks and leaves reports.
#include <cstdio>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <sysexits.h>
#include <unistd.h>

#include "adapters/os/file_limit.h"
#include "adapters/os/host.h"
#include "adapters/os/lexicon_file.h"
#include "adapters/os/log.h"
#include "adapters/os/service.h"
#include "adapters/os/service_arguments.h"
#include "adapters/os/signals.h"
#include "adapters/pg/connection.h"
#include "adapters/yaml/settings_file.h"
#include "core/config/reload.h"
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

Result<Settings> load(const std::string& config) {
  auto settings = load_settings(config);
  if (!settings) return settings;
  if (settings->database.none) return no_register();
  if (auto readable = pg::Connection::check(settings->database.dsn); !readable)
    return Error{readable.error().kind, config + ": " + readable.error().what};
  return settings;
}

Result<Work> prepare(const Settings& settings, bool once) {
  auto lexicon = read_lexicon(settings.verifier.lexicon);
  if (!lexicon) return lexicon.error();
  const std::string host = host_name();
  return Work::prepare(CheckQueue(settings.database.dsn, host + ":" + std::to_string(getpid())),
                       {settings.verifier,
                        host,
                        once,
                        once && ::isatty(STDERR_FILENO) == 1,
                        {.lexicon = std::move(*lexicon), .warning = log_warning, .error = log_error}});
}

// A verifier at work. It has a thread of its own, because the first one waits for signals. Its end waits for
// what is under way to end or to be given back.
class Working {
 public:
  explicit Working(Work work)
      : work_(std::move(work)), thread_([this](const std::stop_token& stop) {
          done_ = work_.run(stop);
          if (!stop.stop_requested()) request_stop();
        }) {}

  // How it ended.
  [[nodiscard]] const Result<void>& end() {
    thread_.request_stop();
    thread_.join();
    return done_;
  }

 private:
  Work work_;
  Result<void> done_;
  std::jthread thread_;  // last: it uses the others
};

int run(const std::string& config, Settings settings) {
  auto work = prepare(settings, false);
  if (!work) return did_not_start(work.error());
  log_info("started; evidence is kept in " + settings.verifier.evidence);
  std::optional<Working> working(std::in_place, std::move(*work));
  RunningService service(Service::verifier, settings.run);
  service.until_stopped([&]() -> Result<void> {
    auto wanted = load(config);
    if (!wanted) return wanted.error();
    if (auto allowed = may_replace(Service::verifier, settings, *wanted); !allowed) return allowed;
    auto next = prepare(*wanted, false);
    if (!next) return next.error();
    working.emplace(std::move(*next));  // the one before ends first
    settings = std::move(*wanted);
    return {};
  });
  const auto& done = working->end();
  return done ? EX_OK : did_not_start(done.error());
}

int once(const Settings& settings) {
  auto work = prepare(settings, true);
  if (!work) return did_not_start(work.error());
  Working working(std::move(*work));
  while (wait_for_signal() == Signal::reload) log_warning("SIGHUP: with --once the settings are read once");
  const auto& done = working.end();
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
  auto settings = load(arguments->config);
  if (!settings) return did_not_start(settings.error());
  return arguments->once ? once(*settings) : run(arguments->config, std::move(*settings));
}
