// The way of the roll: from the register's views into values, and by the gate's follower into the file that
// gate and door ask.
#include "milter/roll_follower.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapters/lmdb/roll_file.h"
#include "adapters/pg/roll_reader.h"
#include "tests/lib/temp_dir.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

const Instant noon{Seconds(1795500000)};
const std::string a_mark(32, '7');
const std::string a_key(64, 'a');

// The whole roll, as a first load reads it.
RollContents read(pg::Connection& connection) {
  const auto look = must(RollReader::begin(connection));
  RollContents all;
  all.lists = must(look->lists());
  all.seal_keys = must(look->seal_keys());
  for (auto some = must(look->more_contacts()); !some.empty(); some = must(look->more_contacts()))
    all.contacts.insert(all.contacts.end(), some.begin(), some.end());
  for (auto some = must(look->more_marks()); !some.empty(); some = must(look->more_marks()))
    all.marks.insert(all.marks.end(), some.begin(), some.end());
  all.last_word = noon;
  return all;
}

std::string publish_key(Story& story) {
  const std::string id =
      value(story.root, "SELECT left(encode(sha256(decode('" + a_key + "', 'hex')), 'hex'), 16)");
  must(story.alba.query("SELECT publish_seal_key($1, $2, 'mx1')", {id, a_key}));
  return id;
}

// A follower of this register as the gate runs it, and the roll that it fills.
struct Followed {
  explicit Followed(const Database& database)
      : follower(std::make_unique<RollFollower>(database.dsn_as("gate1"), database.dsn_as("gate1"), "mx1",
                                                must(RollFile::open(dir.path())))),
        roll(must(LmdbRoll::open(dir.path()))) {}

  // Whether it comes true; it waits far longer than a follower takes.
  [[nodiscard]] static bool comes(const std::function<bool()>& true_now) {
    for (int tries = 0; tries < 2000; ++tries) {
      if (true_now()) return true;
      std::this_thread::sleep_for(Millis{10});
    }
    return false;
  }

  TempDir dir;
  std::unique_ptr<RollFollower> follower;
  std::unique_ptr<LmdbRoll> roll;
};

// Listens where a PostgreSQL would, and answers whatever it is asked with octets that mean nothing.
class GarbageServer {
 public:
  explicit GarbageServer(const std::string& directory) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory + "/.s.PGSQL.5432";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_, 10) == 0);
    thread_ = std::thread([this] {
      for (int client = 0; (client = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(client)) {
        char asked[1024];
        if (::read(client, asked, sizeof asked) > 0 && ::write(client, "\x7f\x00garbage\xff", 10) > 0)
          ++answered_;
      }
    });
  }
  GarbageServer(const GarbageServer&) = delete;
  GarbageServer& operator=(const GarbageServer&) = delete;
  ~GarbageServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  [[nodiscard]] int answered() const { return answered_; }

 private:
  int socket_;
  std::atomic<int> answered_ = 0;
  std::thread thread_;
};

MailAddress norte() { return *MailAddress::parse("norte@example.org"); }

}  // namespace

TEST_CASE("a whole roll is read from the register") {
  Story story;
  const auto contact = story.designated("Asamblea Norte", "norte@example.org");
  story.apply("Asamblea Sur", "sur@example.org");
  const std::string key_id = publish_key(story);
  auto door = story.as("door1");
  must(door.query("SELECT record_posted($1, $2)", {list_address, "{" + a_mark + "}"}));
  must(story.alba.query("SELECT list_hold($1, true, 'new senders')", {list_address}));
  must(story.alba.query("SELECT change_proof($1, $2, $3, false, true, 'a shared provider')",
                        {std::to_string(contact), R"({norte,"a \"b\""})", "{example.org,mail.example.org}"}));
  auto connection = story.as("gate1");
  const RollContents contents = read(connection);
  REQUIRE(contents.lists.size() == 1);
  CHECK(contents.lists[0].id == 1);
  CHECK(contents.lists[0].posting_address == list_address);
  CHECK(contents.lists[0].languages == std::vector<std::string>{"es", "en"});
  CHECK(contents.lists[0].admin_address == "admin@listas.example");
  CHECK(contents.lists[0].addresses == std::vector<std::string>{"avisos-es@listas.example", list_address});
  CHECK(contents.lists[0].holds_unproven);
  REQUIRE(contents.contacts.size() == 1);
  CHECK(contents.contacts[0].list_id == 1);
  const Designation& designation = contents.contacts[0].designation;
  CHECK(designation.contact_id == contact);
  CHECK(designation.decision_id > 0);
  CHECK(designation.assembly == "Asamblea Norte");
  CHECK(designation.address == "norte@example.org");
  CHECK(designation.proof.logins == std::vector<std::string>{"a \"b\"", "norte"});
  CHECK(designation.proof.signing_domains == std::vector<std::string>{"example.org", "mail.example.org"});
  CHECK_FALSE(designation.proof.spf);
  CHECK(designation.proof.shared);
  CHECK_FALSE(designation.domain_gone);
  REQUIRE(contents.marks.size() == 1);
  CHECK(contents.marks[0].list_id == 1);
  CHECK(contents.marks[0].mark == a_mark);
  REQUIRE(contents.seal_keys.size() == 1);
  CHECK(contents.seal_keys[0].key_id == key_id);
  CHECK(contents.seal_keys[0].public_key == std::string(32, '\xaa'));
  CHECK(contents.last_word == noon);
}

TEST_CASE("whoever may not read the roll gets no part of it, and the connection serves on") {
  Story story;
  auto verifier = story.as("verifier1");
  const auto refused = RollReader::begin(verifier);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::forbidden);
  CHECK(number(verifier, "SELECT 1") == 1);
}

TEST_CASE("the follower fills the roll's file, and a change is there soon after COMMIT") {
  Story story;
  const auto contact = std::to_string(story.designated("Asamblea Norte", "norte@example.org"));
  Followed followed(story);
  const LmdbRoll& roll = *followed.roll;
  REQUIRE(Followed::comes([&] { return roll.designation(1, norte()).found(); }));
  CHECK(roll.list_at("avisos-es@listas.example").found());
  CHECK(roll.last_word());

  const std::string key_id = publish_key(story);
  CHECK(Followed::comes([&] { return roll.seal_key(key_id).found(); }));
  auto door = story.as("door1");
  must(door.query("SELECT record_posted($1, $2)", {list_address, "{" + a_mark + "}"}));
  CHECK(Followed::comes([&] { return roll.was_posted(1, a_mark).value(); }));
  must(story.alba.query("SELECT suspend($1, 'stolen')", {contact}));
  CHECK(Followed::comes([&] { return roll.designation(1, norte()).absent(); }));
}

TEST_CASE("the follower tells the register which keys this host's roll knows") {
  Story story;
  const std::string key_id = publish_key(story);
  const Followed followed(story);
  CHECK(Followed::comes([&] {
    return value(story.root,
                 "SELECT string_agg(host || array_to_string(key_ids, ','), ' ') FROM roll_hosts") ==
           "mx1" + key_id;
  }));
}

TEST_CASE("a follower that loses the register keeps the roll, and takes what changed meanwhile") {
  Story story;
  const auto contact = std::to_string(story.designated("Asamblea Norte", "norte@example.org"));
  Followed followed(story);
  const LmdbRoll& roll = *followed.roll;
  REQUIRE(Followed::comes([&] { return roll.designation(1, norte()).found(); }));
  REQUIRE(number(story.root,
                 "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                 "WHERE usename = 'gate1' AND datname = current_database()") == 2);
  CHECK(roll.designation(1, norte()).found());
  must(story.alba.query("SELECT suspend($1, 'stolen')", {contact}));
  CHECK(Followed::comes([&] { return roll.designation(1, norte()).absent(); }));
}

TEST_CASE("a follower that ends gives its roll to the next one, which goes on from there") {
  Story story;
  const auto contact = story.designated("Asamblea Norte", "norte@example.org");
  const TempDir nowhere;
  Followed followed(story);
  const LmdbRoll& roll = *followed.roll;
  REQUIRE(Followed::comes([&] { return roll.designation(1, norte()).found(); }));
  const auto follow_at = [&](const std::string& dsn) {
    auto file = followed.follower->end();
    followed.follower = std::make_unique<RollFollower>(dsn, dsn, "mx1", std::move(file));
  };
  follow_at("host=" + nowhere.path());
  CHECK(roll.designation(1, norte()).found());
  must(story.alba.query("SELECT suspend($1, 'stolen')", {std::to_string(contact)}));
  follow_at(story.dsn_as("gate1"));
  CHECK(Followed::comes([&] { return roll.designation(1, norte()).absent(); }));
}

TEST_CASE("a follower without a register stops at once, and leaves the roll of yesterday as it is") {
  Story story;
  story.designated("Asamblea Norte", "norte@example.org");
  const TempDir dir;
  auto connection = story.as("gate1");
  must(must(RollFile::open(dir.path()))->replace(read(connection)));
  const RollFollower follower("host=" + dir.path(), "host=" + dir.path(), "mx1",
                              must(RollFile::open(dir.path())));
  const auto roll = must(LmdbRoll::open(dir.path()));
  CHECK(roll->designation(1, norte()).found());
  CHECK(roll->last_word() == noon);
}

TEST_CASE("the follower listens and reads over a connection each, and leaves nothing in the reading one") {
  Story story;
  const std::string dsn = story.dsn_as("gate1");
  const TempDir dir;
  const RollFollower follower(dsn + " application_name=reads", dsn + " application_name=listens", "mx1",
                              must(RollFile::open(dir.path())));
  const auto roll = must(LmdbRoll::open(dir.path()));
  REQUIRE(Followed::comes([&] { return roll->last_word().has_value(); }));
  const auto queries = [&](const std::string& name) {
    return number(story.root, "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name +
                                  "' AND datname = current_database()");
  };
  CHECK(queries("reads") == 1);
  CHECK(queries("listens") == 1);
  // A pooler gives this server connection to somebody else at the end of a transaction.
  CHECK(Followed::comes([&] {
    return value(story.root,
                 "SELECT state FROM pg_stat_activity WHERE application_name = 'reads' "
                 "AND datname = current_database()") == "idle";
  }));
  must(story.alba.query("SELECT list_add('b@listas.example', NULL, '{es}', 'admin@listas.example', 1)"));
  CHECK(Followed::comes([&] { return roll->list_at("b@listas.example").found(); }));
}

TEST_CASE("a server that answers garbage leaves the roll as it is, and ends nothing") {
  Story story;
  story.designated("Asamblea Norte", "norte@example.org");
  const TempDir dir;
  auto connection = story.as("gate1");
  must(must(RollFile::open(dir.path()))->replace(read(connection)));
  GarbageServer garbage(dir.path());
  const auto roll = must(LmdbRoll::open(dir.path()));
  {
    const RollFollower follower("host=" + dir.path(), "host=" + dir.path(), "mx1",
                                must(RollFile::open(dir.path())));
    CHECK(Followed::comes([&] { return garbage.answered() > 3; }));
    CHECK(roll->designation(1, norte()).found());
  }
  CHECK(roll->last_word() == noon);
}
