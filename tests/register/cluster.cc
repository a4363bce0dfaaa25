#include "tests/register/cluster.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

namespace portavoz::test {

namespace {

const std::string script = PORTAVOZ_SOURCE_DIR "/deploy/stack/private_postgres";

void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

// Making and dropping databases is most of the work: in memory where there is room (a container may have 64
// MiB).
std::filesystem::path fast_place() {
  const std::filesystem::path memory = "/dev/shm";
  constexpr std::uintmax_t enough = 1ULL << 30U;
  std::error_code problem;
  const auto space = std::filesystem::space(memory, problem);
  const bool usable = !problem && space.available >= enough && access(memory.c_str(), W_OK | X_OK) == 0;
  return usable ? memory : std::filesystem::temp_directory_path();
}

// A crash runs no destructor. This shell outlives us and leaves nothing behind either way.
void guard(const std::string& directory) {
  run("setsid sh -c 'while kill -0 " + std::to_string(getpid()) + "; do sleep 1; done; " + script + " stop " +
      directory + "; rm -rf " + directory + "' >/dev/null 2>&1 &");
}

std::string next_database_name() {
  static int number = 0;
  return "test_" + std::to_string(++number);
}

void make_logins(pg::Connection& superuser) {
  const std::vector<std::pair<std::string, std::string>> logins{
      {"alba", "admin"}, {"bruno", "admin"},        {"carla", "admin"},  {"gate1", "gate"},
      {"door1", "door"}, {"verifier1", "verifier"}, {"clerk1", "clerk"}, {"public1", "public"}};
  for (const auto& [login, role] : logins)
    must(superuser.exec("CREATE ROLE " + login + " LOGIN IN ROLE portavoz_" + role));
}

void make_template(const Cluster& cluster) {
  {
    auto postgres = must(pg::Connection::open(cluster.dsn("postgres")));
    must(postgres.exec("CREATE DATABASE register_template"));
  }
  auto superuser = must(pg::Connection::open(cluster.dsn("register_template")));
  must(pg::migrate(superuser, real_migrations()));
  make_logins(superuser);
  must(superuser.exec(
      "SELECT portavoz.account_add('alba', 'Alba'); SELECT portavoz.account_add('bruno', 'Bruno')"));
}

}  // namespace

const std::vector<std::string> all_logins{"alba", "gate1", "door1", "verifier1", "clerk1", "public1"};

Cluster::Cluster() {
  std::string pattern = fast_place() / "portavoz-pg-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = pattern;
  guard(directory_);
  start();
}

Cluster::~Cluster() {
  if (std::system((script + " stop " + directory_).c_str()) != 0)
    std::fputs("the private PostgreSQL could not be stopped\n", stderr);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Cluster::let_in_as(const std::vector<std::string>& logins) {
  const std::string os_user = getpwuid(geteuid())->pw_name;
  std::ofstream map(directory_ + "/data/pg_ident.conf");
  map << "tests postgres postgres\n"
      << "tests " << os_user << ' ' << os_user << '\n';
  for (const std::string& login : logins) map << "tests " << os_user << ' ' << login << '\n';
  map.close();
  std::ofstream(directory_ + "/data/pg_hba.conf") << "local all all peer map=tests\n";
  stop();
  start();
}

void Cluster::start() { run(script + " start " + directory_ + " >/dev/null"); }
void Cluster::stop() { run(script + " stop " + directory_); }

std::string Cluster::dsn(const std::string& database) const {
  return "host=" + directory_ + " dbname=" + database;
}

Cluster& shared_cluster() {
  static Cluster cluster;
  static const bool ready = [] {
    cluster.let_in_as({"alba", "bruno", "carla", "gate1", "door1", "verifier1", "clerk1", "public1",
                       "two_roles", "no_role", "maker"});
    make_template(cluster);
    return true;
  }();
  (void)ready;
  return cluster;
}

std::vector<pg::Migration> real_migrations() { return must(pg::read_migrations(PORTAVOZ_SOURCE_DIR "/sql")); }

void must(const Result<void>& result) {
  if (!result) FAIL(result.error().what);
}

Database::Database(const std::string& options) : name_(next_database_name()) {
  auto postgres = must(pg::Connection::open(shared_cluster().dsn("postgres")));
  must(postgres.exec("CREATE DATABASE " + name_ + " " + options));
}

Database::~Database() {
  auto postgres = pg::Connection::open(shared_cluster().dsn("postgres"));
  if (postgres) (void)postgres->exec("DROP DATABASE " + name_ + " WITH (FORCE)");
}

pg::Connection Database::superuser() const {
  // A statement that waits for ever is a failed test, not a run that hangs.
  return must(pg::Connection::open(shared_cluster().dsn(name_) + " options='-c statement_timeout=60s'"));
}

std::string Database::dsn_as(const std::string& login) const {
  return shared_cluster().dsn(name_) + " user=" + login + " options='-c statement_timeout=60s'";
}

pg::Connection Database::as(const std::string& login) const {
  auto connection = must(pg::Connection::open(dsn_as(login)));
  must(connection.exec("SET search_path = portavoz"));
  return connection;
}

}  // namespace portavoz::test
