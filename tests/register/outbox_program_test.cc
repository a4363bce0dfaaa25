// portavoz-outbox as a program of its own, against the real register.
#include <csignal>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/os/process.h"
#include "tests/lib/temp_dir.h"
#include "tests/register/life.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

// A configuration that names this register, and the program with it.
class Outbox {
 public:
  explicit Outbox(const std::string& dsn) {
    std::filesystem::create_directories(dir_ / "services/portavoz-outbox");
    configure("register:\n  dsn: \"" + dsn + "\"\n");
  }
  void configure(const std::string& text) const {
    write_all(dir_ / "portavoz.yaml", "run: " + (dir_ / "services") + "\n" + text);
  }
  void reload() const { ::kill(pid_, SIGHUP); }
  [[nodiscard]] std::string state() const {
    return read_all(dir_ / "services/portavoz-outbox/configuration");
  }
  ~Outbox() {
    if (pid_ > 0) stop(SIGKILL);
  }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  Outbox(Outbox&&) = delete;
  Outbox& operator=(Outbox&&) = delete;

  [[nodiscard]] Ended run(const std::vector<std::string>& words) const {
    Command command;
    command.argv = {PORTAVOZ_OUTBOX, "--config", dir_ / "portavoz.yaml"};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    return must(portavoz::run(command));
  }

  void start() {
    int log[2];
    REQUIRE(::pipe2(log, O_CLOEXEC) == 0);
    const std::string config = dir_ / "portavoz.yaml";
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(log[1], STDERR_FILENO);
      ::execl(PORTAVOZ_OUTBOX, PORTAVOZ_OUTBOX, "--config", config.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(log[1]);
    log_ = ::fdopen(log[0], "r");
  }

  // Reads its log to the line that holds these words.
  void says(const std::string& words) {
    char line[1024];
    while (std::fgets(line, sizeof line, log_) != nullptr)
      if (std::string(line).find(words) != std::string::npos) return;
    FAIL("it ended and did not say: " + words);
  }

  // The exit status, or minus the signal.
  int stop(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    std::fclose(log_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  TempDir dir_;
  pid_t pid_ = 0;
  std::FILE* log_ = nullptr;
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
