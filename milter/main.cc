// portavoz-milter, the gate: stands between the mail server and the guarded lists.
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include <sysexits.h>
#include <unistd.h>

#include "adapters/gettext/catalogues.h"
#include "adapters/libmilter/milter.h"
#include "adapters/os/log.h"
#include "adapters/os/signals.h"
#include "adapters/yaml/settings_file.h"
#include "milter/gate_session.h"
#include "milter/roll_follower.h"

namespace {

using namespace portavoz;

constexpr const char* usage =
    "usage: portavoz-milter [--config FILE]\n"
    "The gate: a milter that lets only designated contacts post to guarded lists.\n"
    "It reads /etc/portavoz/portavoz.yaml unless another FILE is named.\n";

// Says why the gate did not start, and how it ends for that.
int did_not_start(const Error& error) {
  log_fatal(error.what);
  return error.kind == ErrorKind::bad_input ? EX_CONFIG : EX_UNAVAILABLE;
}

std::string host_name() {
  std::string name(256, '\0');
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.c_str();
}

int serve_until_stopped(MilterServer& server) {
  Result<void> served;
  std::thread listener([&] {
    served = server.serve();
    request_stop();
  });
  while (wait_for_signal() == Signal::reload)
    log_warning("SIGHUP: the gate reads its configuration only when it starts; restart it to take a new one");
  server.stop();
  listener.join();
  if (!served) log_error(served.error().what);
  return served ? EX_OK : EX_SOFTWARE;
}

int run(const std::string& config) {
  const auto settings = load_settings(config);
  if (!settings) return did_not_start(settings.error());
  const auto wording = Catalogues::open(settings->wording);
  if (!wording) return did_not_start(wording.error());
  const auto seal_key = SigningKey::load(settings->gate.seal_key);
  if (!seal_key) return did_not_start(seal_key.error());
  const auto spool = VerdictSpool::open(settings->gate.spool, settings->database.dsn);
  if (!spool) return did_not_start(spool.error());

  RollHolder roll;
  const RollFollower follower(settings->database.dsn, roll);
  const std::string host = settings->gate.host.empty() ? host_name() : settings->gate.host;
  const GateServices services{*settings, host, roll, **spool, *wording, *seal_key};
  const auto server = MilterServer::open({"portavoz", settings->gate.socket},
                                         [&] { return std::make_unique<GateSession>(services); });
  if (!server) return did_not_start(server.error());
  log_info("listening on " + settings->gate.socket + ", seals with key " + seal_key->key_id());
  return serve_until_stopped(**server);
}

}  // namespace

int main(int argc, char** argv) {
  log_open("portavoz-milter");
  install_signals();
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--help") return std::fputs(usage, stdout) < 0 ? EX_IOERR : EX_OK;
  if (argc == 1) return run("/etc/portavoz/portavoz.yaml");
  if (argc == 3 && first == "--config") return run(argv[2]);
  std::fputs(usage, stderr);
  return EX_USAGE;
}
