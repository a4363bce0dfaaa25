// A register with a standby, and a follower that knows both: the primary stops answering in the middle of
// things, the standby takes over without the last commit, and the roll says what the standby says.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <pwd.h>
#include <unistd.h>

#include "adapters/lmdb/roll_file.h"
#include "milter/roll_follower.h"
#include "tests/lib/temp_dir.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

namespace fs = std::filesystem;

const std::string script = PORTAVOZ_SOURCE_DIR "/deploy/stack/private_postgres";

void run(const std::string& command) {
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

// PostgreSQL runs as a user of its own.
void let_in(const TempDir& place) { fs::permissions(place.path(), fs::perms(0755)); }

// A PostgreSQL of its own in a directory of its own.
class Server {
 public:
  explicit Server(std::string directory) : directory_(std::move(directory)) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    signal("CONT");
    (void)!std::system((script + " stop " + directory_).c_str());
  }

  void start() const { run(script + " start " + directory_ + " --durable >/dev/null"); }
  void stop() const { run(script + " stop " + directory_); }
  // All its processes.
  void signal(const std::string& name) const {
    (void)!std::system(("pid=$(head -n 1 " + directory_ + "/data/postmaster.pid 2>/dev/null) && kill -" +
                        name + " $pid $(ps -o pid= --ppid $pid) 2>/dev/null")
                           .c_str());
  }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string dsn() const { return "host=" + directory_ + " dbname=postgres"; }
  [[nodiscard]] pg::Connection superuser() const {
    auto connection = must(pg::Connection::open(dsn()));
    must(connection.exec("SET search_path = portavoz"));
    return connection;
  }

 private:
  std::string directory_;
};

class Pair {
 public:
  Pair() : primary(place_.path() + "/a"), standby(place_.path() + "/b") {
    let_in(place_);
    primary.start();
    const std::string user = ::getpwuid(::geteuid())->pw_name;
    std::ofstream map(primary.directory() + "/data/pg_ident.conf");
    for (const std::string login : {"postgres", "root", "alba", "gate1"})
      map << "tests " << user << ' ' << login << '\n';
    map << "tests postgres postgres\n";
    map.close();
    std::ofstream(primary.directory() + "/data/pg_hba.conf")
        << "local all all peer map=tests\nlocal replication all peer map=tests\n";
    run("! grep -qx fsync " + primary.directory() + "/data/postgresql.conf");
    std::ofstream(primary.directory() + "/data/postgresql.conf", std::ios::app)
        << "fsync = off\nsynchronous_commit = off\n";
    primary.stop();
    primary.start();
    auto root = primary.superuser();
    must(pg::migrate(root, real_migrations()));
    must(root.exec(
        "CREATE ROLE alba LOGIN IN ROLE portavoz_admin; CREATE ROLE gate1 LOGIN IN ROLE portavoz_gate; "
        "SELECT portavoz.account_add('alba', 'Alba')"));
    copy_to_standby();
  }

  // Nothing that the primary commits from now on reaches the standby.
  void cut_off() const {
    auto root = standby.superuser();
    must(root.exec("ALTER SYSTEM SET primary_conninfo = ''"));
    must(root.exec("SELECT pg_reload_conf()"));
    for (int tries = 0; number(root, "SELECT count(*) FROM pg_stat_wal_receiver") > 0; ++tries) {
      REQUIRE(tries < 1000);
      std::this_thread::sleep_for(Millis{10});
    }
  }

  [[nodiscard]] std::string dsn() const {
    return "host=" + primary.directory() + "," + standby.directory() +
           " dbname=postgres user=gate1 target_session_attrs=read-write connect_timeout=2";
  }

 private:
  void copy_to_standby() const {
    fs::create_directory(standby.directory());
    const bool is_root = ::geteuid() == 0;
    if (is_root) run("chown postgres " + standby.directory());
    const std::string as = is_root ? "cd / && runuser -u postgres -- " : "";
    run(as + "$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/pg_basebackup -h " + primary.directory() +
        " -D " + standby.directory() + "/data -X stream -R -c fast --no-sync");
    std::ofstream(standby.directory() + "/data/postgresql.conf", std::ios::app)
        << "unix_socket_directories = '" << standby.directory() << "'\n";
    standby.start();
  }

  TempDir place_;

 public:
  Server primary;
  Server standby;
};

bool comes(const std::function<bool()>& true_now) {
  for (int tries = 0; tries < 6000; ++tries) {
    if (true_now()) return true;
    std::this_thread::sleep_for(Millis{10});
  }
  return false;
}

// A contact of Alba's that may post.
std::string designate(pg::Connection& alba, const std::string& assembly, const std::string& address) {
  const auto rows = must(alba.query("SELECT apply_for($1, $2, $3, 'https://norte.example/', '{login}', 'es')",
                                    {list_address, assembly, address}));
  const std::string contact(rows.text(0, "apply_for"));
  must(alba.query("SELECT confirm($1, 'x')", {contact}));
  must(alba.query("SELECT vouch($1, 'x')", {contact}));
  return contact;
}

pg::Connection alba_at(const Server& server) {
  auto alba = must(pg::Connection::open(server.dsn() + " user=alba"));
  must(alba.exec("SET search_path = portavoz"));
  return alba;
}

}  // namespace

TEST_CASE(
    "a standby that takes over without the last commit is what the roll says, and its revocations count") {
  const Pair servers;
  const TempDir dir;
  const RollFollower follower(servers.dsn(), servers.dsn(), "mx1", must(RollFile::open(dir.path())));
  const auto roll = must(LmdbRoll::open(dir.path()));
  const auto posts = [&](const std::string& address) {
    return roll->designation(1, *MailAddress::parse(address)).found();
  };
  std::string norte;
  {
    auto alba = alba_at(servers.primary);
    must(alba.query("SELECT list_add($1, NULL, '{es}', 'admin@listas.example', 1)", {list_address}));
    norte = designate(alba, "Asamblea Norte", "norte@example.org");
    REQUIRE(comes([&] { return posts("norte@example.org"); }));
    // The standby has this, and nothing of what follows.
    auto copy = must(pg::Connection::open(servers.standby.dsn()));
    REQUIRE(comes(
        [&] { return value(copy, "SELECT string_agg(state, '') FROM portavoz.contacts") == "designated"; }));
    CHECK_FALSE(RollReader::begin(copy));  // a standby is not followed
    servers.cut_off();
    designate(alba, "Asamblea Lost", "lost@example.org");
    REQUIRE(comes([&] { return posts("lost@example.org"); }));
  }
  servers.primary.signal("STOP");  // it hangs: connections stay open and nobody answers
  CHECK(posts("norte@example.org"));
  must(servers.standby.superuser().exec("SELECT pg_promote()"));
  auto alba = alba_at(servers.standby);
  must(alba.query("SELECT suspend($1, 'stolen')", {norte}));
  CHECK(comes([&] { return !posts("norte@example.org"); }));
  CHECK(comes([&] { return !posts("lost@example.org"); }));

  // The old primary wakes up, and is not listened to.
  servers.primary.signal("CONT");
  const auto sur = designate(alba, "Asamblea Sur", "sur@example.org");
  CHECK(comes([&] { return posts("sur@example.org"); }));
  CHECK_FALSE(posts("lost@example.org"));
}

TEST_CASE("a register that is stopped, restarted or hangs for a moment is followed again soon after") {
  const TempDir place;
  let_in(place);
  const Server server(place.path() + "/a");
  server.start();
  {
    auto root = server.superuser();
    must(pg::migrate(root, real_migrations()));
    must(root.exec("SELECT portavoz.account_add('" + std::string(::getpwuid(::geteuid())->pw_name) +
                   "', 'Root'); "));
  }
  const TempDir dir;
  const RollFollower follower(server.dsn(), server.dsn(), "mx1", must(RollFile::open(dir.path())));
  const auto roll = must(LmdbRoll::open(dir.path()));
  int number_of_list = 0;
  const auto change_arrives = [&] {
    const std::string address = "l" + std::to_string(++number_of_list) + "@listas.example";
    auto root = server.superuser();
    must(root.query("SELECT list_add($1, NULL, '{es}', 'admin@listas.example', 1)", {address}));
    return comes([&] { return roll->list_at(address).found(); });
  };
  REQUIRE(change_arrives());
  server.signal("STOP");
  std::this_thread::sleep_for(Millis{300});
  CHECK(roll->list_at("l1@listas.example").found());
  server.signal("CONT");
  CHECK(change_arrives());
  server.stop();
  CHECK(roll->list_at("l1@listas.example").found());
  server.start();
  CHECK(change_arrives());
}
