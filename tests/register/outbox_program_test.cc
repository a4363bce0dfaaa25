// portavoz-outbox as a program of its own, against the real register.
#include "tests/register/life.h"
#include "tests/register/service.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

// The program with a configuration that names this register.
class Outbox : public Service {
 public:
  // `run:` keeps its state file inside of the test's directory.
  explicit Outbox(const std::string& dsn) : Service(PORTAVOZ_OUTBOX) {
    configure("register:\n  dsn: \"" + dsn + "\"\n");
  }
  void reload() const { ::kill(pid(), SIGHUP); }
  [[nodiscard]] std::string state() const {
    return read_all(directory() / "run/portavoz-outbox/configuration");
  }
};

void misses_thrice(Life& life) {
  for (const double at : {30.0, 34.0, 38.0}) life.sees(at, "miss");
}

}  // namespace

TEST_CASE("portavoz-outbox --once makes the moves that are due, says them, and ends") {
  Life life;
  misses_thrice(life);
  const Outbox outbox(life.dsn_as("clerk1"));
  const Ended first = outbox.run({"--once"});
  INFO(first.err);
  CHECK(exit_code(first) == 0);
  CHECK_THAT(first.err, Contains("norte@example.org on " + list_address + ": designated -> lapsing"));
  CHECK(life.state(life.contact) == "lapsing");
  CHECK(life.told() == "lapsing:contact lapsing:admins");
  const Ended second = outbox.run({"--once"});
  CHECK(exit_code(second) == 0);
  CHECK(life.told() == "lapsing:contact lapsing:admins");
}

TEST_CASE(
    "portavoz-outbox --once ends with 69 when the register is away, and with 78 when its settings are "
    "wrong") {
  const TempDir nowhere;
  const Ended away = Outbox("host=" + (nowhere / "x")).run({"--once"});
  CHECK(exit_code(away) == 69);
  CHECK_THAT(away.err, Contains("error: "));
  const Outbox outbox("host=/nonexistent");
  write_all(nowhere / "wrong.yaml", "register:\n  dns: x\n");
  CHECK(exit_code(outbox.run({"--config", nowhere / "wrong.yaml", "--once"})) == 78);
  CHECK(exit_code(outbox.run({"--often"})) == 64);
  const Ended help = outbox.run({"--help"});
  CHECK(exit_code(help) == 0);
  CHECK_THAT(help.out, Contains("usage: portavoz-outbox"));
}

TEST_CASE("portavoz-outbox --once names the contact that fails, does the others, and ends with 70") {
  Life life;
  misses_thrice(life);
  const auto other = life.designated("Asamblea Sur", "sur@example.org");
  must(life.root.exec(
      "CREATE FUNCTION portavoz.broken() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'no room'; END $$;"
      "CREATE TRIGGER broken BEFORE UPDATE ON portavoz.page_watches FOR EACH ROW WHEN (NEW.contact_id = " +
      life.id() + ") EXECUTE FUNCTION portavoz.broken()"));
  const Ended done = Outbox(life.dsn_as("clerk1")).run({"--once"});
  CHECK(exit_code(done) == 70);
  CHECK_THAT(done.err, Contains("error: contact " + life.id() + " norte@example.org on " + list_address) &&
                           Contains("no room") && Contains("portavoz contact show " + life.id()));
  CHECK(number(life.root, "SELECT count(*) FROM page_watches WHERE contact_id = " + std::to_string(other)) ==
        1);
}

TEST_CASE("portavoz-outbox as a service makes the moves at its start, and SIGTERM ends it with 0") {
  Life life;
  misses_thrice(life);
  Outbox outbox(life.dsn_as("clerk1"));
  outbox.start();
  outbox.says("designated -> lapsing");
  CHECK(life.state(life.contact) == "lapsing");
  CHECK(outbox.stop(SIGTERM) == 0);
}

TEST_CASE("portavoz-outbox as a service waits for a register that is away, and SIGTERM ends that, too") {
  const TempDir nowhere;
  Outbox outbox("host=" + (nowhere / "x"));
  outbox.start();
  outbox.says("no moves by time while the register cannot be used");
  CHECK(outbox.stop(SIGTERM) == 0);
}

TEST_CASE(
    "portavoz-outbox takes another register at SIGHUP, and stays with its own when the settings are wrong") {
  Life life;
  misses_thrice(life);
  const TempDir nowhere;
  Outbox outbox("host=" + (nowhere / "x"));
  outbox.start();
  outbox.says("no moves by time while the register cannot be used");
  for (const auto& [text, why] :
       {std::pair("register:\n  dns: x\n", "portavoz.yaml:3:3: unknown key 'dns'"),
        std::pair("register: none\n", "register: none: the clerk"),
        std::pair("register:\n  dsn: host=/tmp dbname\n", "register.dsn is no connection string of libpq: "),
        std::pair("run: /other\n", "portavoz.yaml:2:1: duplicate key 'run'")}) {
    CAPTURE(text);
    outbox.configure(text);
    outbox.reload();
    outbox.says(std::string("SIGHUP: the new configuration is refused"));
    while (outbox.state().find(why) == std::string::npos) ::usleep(10'000);
  }
  CHECK(life.state(life.contact) == "designated");
  outbox.configure("register:\n  dsn: \"" + life.dsn_as("clerk1") + "\"\n");
  outbox.reload();
  outbox.says("designated -> lapsing");
  CHECK(life.state(life.contact) == "lapsing");
  CHECK(outbox.stop(SIGTERM) == 0);
}
