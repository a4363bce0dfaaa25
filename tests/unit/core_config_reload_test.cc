#include "core/config/reload.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

struct Change {
  const char* name;  // of the setting
  void (*make)(Settings&);
};

// What every service may take over, and what some may not.
const Change changes[] = {
    {"run", [](Settings& s) { s.run = "/other"; }},
    {"register", [](Settings& s) { s.database.none = true; }},
    {"register.dsn", [](Settings& s) { s.database.dsn = "dbname=other"; }},
    {"roll.directory", [](Settings& s) { s.roll.directory = "/other"; }},
    {"roll.max_age", [](Settings& s) { s.roll.max_age = Seconds(1); }},
    {"dns.resolvers", [](Settings& s) { s.dns.resolvers = {"127.0.0.1:5353"}; }},
    {"wording", [](Settings& s) { s.wording = "/other"; }},
    {"gate.host", [](Settings& s) { s.gate.host = "other"; }},
    {"gate.socket", [](Settings& s) { s.gate.socket = "/other"; }},
    {"gate.spool", [](Settings& s) { s.gate.spool = "/other"; }},
    {"gate.seal_key", [](Settings& s) { s.gate.seal_key = "/other"; }},
    {"gate.door", [](Settings& s) { s.gate.door = false; }},
    {"door.memory", [](Settings& s) { s.door.memory = "/other"; }},
    {"door.held", [](Settings& s) { s.door.held = "/other"; }},
    {"door.held_max_posts", [](Settings& s) { s.door.held_max_posts = 1; }},
    {"door.lmtp_listen", [](Settings& s) { s.door.lmtp_listen = "/other"; }},
    {"door.lmtp_next_hop", [](Settings& s) { s.door.lmtp_next_hop = "/other"; }},
    {"verifier.evidence", [](Settings& s) { s.verifier.evidence = "/other"; }},
    {"verifier.allow", [](Settings& s) { s.verifier.allow = {"127.0.0.1:80"}; }},
    {"verifier.threads", [](Settings& s) { s.verifier.threads = 9; }},
};

std::vector<std::string> only_by_a_restart(Service service) {
  std::vector<std::string> names;
  for (const Change& change : changes) {
    Settings wanted;
    change.make(wanted);
    const auto allowed = may_replace(service, Settings(), wanted);
    if (allowed) continue;
    CHECK(allowed.error().kind == ErrorKind::conflict);
    CHECK(allowed.error().what.find(std::string(change.name) + " can only change by a restart: ") == 0);
    names.emplace_back(change.name);
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("sockets and directories of a running service stay; everything else may change") {
  CHECK(only_by_a_restart(Service::gate) ==
        Names{"run", "register", "roll.directory", "gate.socket", "gate.spool"});
  CHECK(only_by_a_restart(Service::door) ==
        Names{"run", "roll.directory", "door.memory", "door.held", "door.lmtp_listen"});
  CHECK(only_by_a_restart(Service::verifier) == Names{"run", "verifier.evidence"});
  CHECK(only_by_a_restart(Service::clerk) == Names{"run"});
}

TEST_CASE("each setting that only a restart changes has its sentence, with what it is and what was wanted") {
  Settings wanted;
  wanted.gate.socket = "/run/new.sock";
  wanted.database.none = true;
  const auto allowed = may_replace(Service::gate, Settings(), wanted);
  REQUIRE_FALSE(allowed);
  CHECK(allowed.error().what ==
        "register can only change by a restart: it is a register, and the file says none; gate.socket can "
        "only change by a restart: it is /var/spool/postfix/portavoz/milter.sock, and the file says "
        "/run/new.sock");
}

TEST_CASE("what a service says of its configuration is read as it was written") {
  const Instant since = parse_rfc3339("2026-11-30T19:00:00Z").value();
  ServiceState state{42, since, std::nullopt};
  const auto plain = parse_service_state(format_service_state(state));
  REQUIRE(plain);
  CHECK(plain->pid == 42);
  CHECK(plain->since == since);
  CHECK_FALSE(plain->refusal);

  state.refusal = {since + Seconds(60), "/etc/portavoz.yaml:3:5: unknown key 'x'\n/etc/portavoz.yaml:4:1: y"};
  const auto refused = parse_service_state(format_service_state(state));
  REQUIRE(refused);
  CHECK(refused->since == since);
  REQUIRE(refused->refusal);
  CHECK(refused->refusal->at == since + Seconds(60));
  CHECK(refused->refusal->why == "/etc/portavoz.yaml:3:5: unknown key 'x'; /etc/portavoz.yaml:4:1: y");
}

TEST_CASE("what no service wrote is not taken for its words") {
  for (const char* text :
       {"", "pid 42\n", "since 2026-11-30T19:00:00Z\n", "pid 0\nsince 2026-11-30T19:00:00Z\n",
        "pid -1\nsince 2026-11-30T19:00:00Z\n", "pid 42\nsince yesterday\n",
        "pid 42\nsince 2026-11-30T19:00:00Z\nrefused why\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_service_state(text));
  }
}
