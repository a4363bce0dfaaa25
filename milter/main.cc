// portavoz-milter, the gate: stands between the mail server and the guarded lists.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
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
#include "adapters/os/service.h"
#include "adapters/os/signals.h"
#include "adapters/pg/connection.h"
#include "adapters/yaml/settings_file.h"
#include "core/base/present.h"
#include "core/config/reload.h"
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

// Longer than any message of ours may take once the mail server has it whole, and shorter than systemd waits.
constexpr Millis longest_drain{15'000};

// The settings, if the gate can use them as far as they can be judged by themselves.
Result<Settings> load(const std::string& config) {
  auto settings = load_settings(config);
  if (!settings || settings->database.none) return settings;
  auto readable = pg::Connection::check(settings->database.dsn);
  if (readable) readable = pg::Connection::check(settings->database.listen(), "register.listen_dsn");
  if (!readable) return Error{readable.error().kind, config + ": " + readable.error().what};
  return settings;
}

void tell_what_is_in_force(const Settings& settings, SealSigner& signer, const Roll& roll) {
  if (settings.testing.in_force())
    log_warning(
        "TESTING: the block testing: is in force; this gate believes what no gate in service may believe");
  const auto key = signer.current();
  if (!key)
    log_error("posts wait until there is a key to seal them with: " + key.error().what);
  else
    log_info("seals with key " + (*key)->key_id());
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

// The same ties, to another register or under another name.
void tie_anew(RegisterTies& ties, const Settings& settings, const std::string& host) {
  ties.spool->carry_to(settings.database.dsn);
  auto roll = ties.follower->end();
  ties.follower = std::make_unique<RollFollower>(settings.database.dsn, settings.database.listen(), host,
                                                 std::move(roll));
}

// What lives as long as the process, whatever the configuration becomes.
struct Lasting {
  std::unique_ptr<DkimLibrary> dkim;
  std::unique_ptr<LmdbRoll> roll;
  RegisterTies ties;
};

std::string host_of(const Settings& settings) {
  return settings.gate.host.empty() ? host_name() : settings.gate.host;
}

Result<Lasting> open_lasting(const Settings& settings) {
  auto dkim = DkimLibrary::open();
  if (!dkim) return dkim.error();
  auto ties = tie_to_register(settings, host_of(settings));
  if (!ties) return ties.error();
  auto roll = LmdbRoll::open(settings.roll.directory);
  if (!roll) return roll.error();
  return Lasting{std::move(*dkim), std::move(*roll), std::move(*ties)};
}

using Services = std::shared_ptr<const GateServices>;

// All that sessions take from a configuration, or why it cannot be used.
Result<Services> open_services(Settings settings, const Lasting& lasting) {
  const auto wording = Catalogues::open(settings.wording);
  if (!wording) return wording.error();
  auto name_servers = NameServers::choose(settings.dns.resolvers, settings.dns.trust_network);
  if (!name_servers) return name_servers.error();
  const std::string host = host_of(settings);
  const auto clock = [fixed = settings.testing.clock] { return fixed.value_or(now()); };
  return Services(std::make_shared<const GateServices>(GateServices{
      settings, host, ReplyTexts(*wording, wording->languages()),
      std::make_shared<SealSigner>(settings.gate.seal_key), *lasting.roll, lasting.ties.spool.get(),
      *lasting.dkim,
      [servers = *name_servers] { return std::make_unique<MailResolver>(servers, monotonic, dns_budget); },
      clock}));
}

// Puts the configuration as it stands now in force, from the next message on.
Result<void> reload(const std::string& config, Lasting& lasting, Present<GateServices>& present) {
  const Services running = present.get();
  auto settings = load(config);
  if (!settings) return settings.error();
  if (auto allowed = may_replace(Service::gate, running->settings, *settings); !allowed) return allowed;
  const auto next = open_services(std::move(*settings), lasting);
  if (!next) return next.error();
  if (const auto key = (*next)->signer->current(); !key) return key.error();
  const bool other_register = (*next)->settings.database.dsn != running->settings.database.dsn ||
                              (*next)->settings.database.listen() != running->settings.database.listen() ||
                              (*next)->host != running->host;
  if (lasting.ties.follower && other_register) tie_anew(lasting.ties, (*next)->settings, (*next)->host);
  present.put(*next);
  tell_what_is_in_force((*next)->settings, *(*next)->signer, *lasting.roll);
  return {};
}

int serve_until_stopped(MilterServer& server, RunningService& service,
                        const std::function<Result<void>()>& reload_now) {
  Result<void> served;
  std::thread listener([&] {
    served = server.serve();
    request_stop();
  });
  service.until_stopped(reload_now);
  const std::size_t unfinished = server.stop(longest_drain);
  listener.join();
  if (unfinished > 0) {
    log_warning(
        std::to_string(unfinished) + " messages were not over after " +
        std::to_string(longest_drain.count() / 1000) +
        " seconds, and their connections end; the mail server does with them as its default_action says");
    // Their sessions use what would be taken apart on the way out. What waits for the register lies on the
    // disk.
    std::_Exit(EX_OK);
  }
  if (!served) log_error(served.error().what);
  return served ? EX_OK : EX_SOFTWARE;
}

int run(const std::string& config) {
  auto settings = load(config);
  if (!settings) return did_not_start(settings.error());
  auto lasting = open_lasting(*settings);
  if (!lasting) return did_not_start(lasting.error());
  auto services = open_services(std::move(*settings), *lasting);
  if (!services) return did_not_start(services.error());
  const Services first = *services;
  Present<GateServices> present(first);
  const auto server = MilterServer::open({"portavoz", first->settings.gate.socket},
                                         [&] { return std::make_unique<GateSession>(present); });
  if (!server) return did_not_start(server.error());
  log_info("listening on " + first->settings.gate.socket);
  tell_what_is_in_force(first->settings, *first->signer, *lasting->roll);
  RunningService service(Service::gate, first->settings.run);
  return serve_until_stopped(**server, service, [&] { return reload(config, *lasting, present); });
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
