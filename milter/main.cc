// portavoz-milter, the gate: stands between the mail server and the guarded lists.
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include <sysexits.h>

#include "adapters/ares/mail_resolver.h"
#include "adapters/gettext/catalogues.h"
#include "adapters/libmilter/milter.h"
#include "adapters/lmdb/roll_file.h"
#include "adapters/opendkim/verifier.h"
#include "adapters/os/clock.h"
#include "adapters/os/host.h"
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

// Shorter than any time limit of the mail server, so that a dead resolver gives our 4xx and not its own.
constexpr Millis dns_budget{10'000};

void tell_how_it_starts(const Settings& settings, SealSigner& signer, const Roll& roll) {
  if (settings.testing.in_force())
    log_warning(
        "TESTING: the block testing: is in force; this gate believes what no gate in service may believe");
  const auto key = signer.current();
  if (!key)
    log_error("posts wait until there is a key to seal them with: " + key.error().what);
  else
    log_info("listening on " + settings.gate.socket + ", seals with key " + (*key)->key_id());
  if (!settings.database.none) return;
  log_info(
      "register: none: it decides by the roll that was built last, and its verdicts stand in this log alone");
  if (!roll.last_word())
    log_error(
        "there is no roll in " + settings.roll.directory +
        " that it can read: no list is guarded but those of gate.always_guard, whose posts wait; build one: "
        "portavoz roll build");
}

// What ties the gate to the register; empty where there is none.
struct RegisterTies {
  std::unique_ptr<VerdictSpool> spool;
  std::unique_ptr<RollFollower> follower;
};

Result<RegisterTies> tie_to_register(const Settings& settings, const std::string& host) {
  if (settings.database.none) return RegisterTies{};
  auto spool = VerdictSpool::open(settings.gate.spool, settings.database.dsn);
  if (!spool) return spool.error();
  auto roll = RollFile::open(settings.roll.directory);
  if (!roll) return roll.error();
  return RegisterTies{std::move(*spool),
                      std::make_unique<RollFollower>(settings.database.dsn, settings.database.listen(), host,
                                                     std::move(*roll))};
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
  const ReplyTexts replies(*wording, wording->languages());
  const auto name_servers = NameServers::choose(settings->dns.resolvers, settings->dns.trust_network);
  if (!name_servers) return did_not_start(name_servers.error());
  const auto dkim = DkimLibrary::open();
  if (!dkim) return did_not_start(dkim.error());
  const std::string host = settings->gate.host.empty() ? host_name() : settings->gate.host;
  const auto ties = tie_to_register(*settings, host);
  if (!ties) return did_not_start(ties.error());
  const auto roll = LmdbRoll::open(settings->roll.directory);
  if (!roll) return did_not_start(roll.error());

  SealSigner signer(settings->gate.seal_key);
  const GateServices services{
      *settings,
      host,
      **roll,
      ties->spool.get(),
      replies,
      signer,
      **dkim,
      [&] { return std::make_unique<MailResolver>(*name_servers, monotonic, dns_budget); },
      [&] { return settings->testing.clock.value_or(now()); }};
  const auto server = MilterServer::open({"portavoz", settings->gate.socket},
                                         [&] { return std::make_unique<GateSession>(services); });
  if (!server) return did_not_start(server.error());
  tell_how_it_starts(*settings, signer, **roll);
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
