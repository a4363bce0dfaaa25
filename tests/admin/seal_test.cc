#include <chrono>
#include <filesystem>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/admin/program.h"

using namespace portavoz::test;

namespace {

bool has(const std::string& text, const std::string& part) {
  return unwrapped(text).find(part) != std::string::npos;
}

// The desk of an admin on the gate's host, which is called mx1.
class GateHost : public Desk {
 public:
  std::string secret = directory.path("seal.key");
  std::string next = secret + ".next";

  Ran seal(const Words& words, const std::string& login = "alba") {
    const std::string path = config(login);
    directory.write(login + ".yaml", read_text(path) + "gate:\n  host: mx1\nroll:\n  max_age: 1h\n");
    Words all{"--config", path, "seal"};
    all.insert(all.end(), words.begin(), words.end());
    return command_line(all);
  }
  Ran rotate(const std::string& timeout = "1s") {
    return seal({"rotate", "--secret", secret, "--timeout", timeout, "--json"});
  }
  std::string made_key() {
    const Ran made = seal({"make-key", "--secret", secret, "--json"});
    INFO(made.err);
    REQUIRE(made.status == 0);
    return made.json().at("key_id");
  }
  // What the follower of a host would say when its roll holds every published key.
  void roll_of(const std::string& host) {
    auto gate = as("gate1");
    must(gate.query("SELECT note_roll($1, ARRAY(SELECT key_id FROM roll_seal_keys))", {host}));
  }
  // Every published key, in the order in which they came.
  std::string published() {
    return value(
        root, "SELECT string_agg(key_id, ' ' ORDER BY seal_key_id) FROM seal_keys WHERE retired_at IS NULL");
  }
};

}  // namespace

TEST_CASE("seal make-key makes a secret and publishes its public half; a second time it makes nothing") {
  GateHost host;
  const Ran made = host.seal({"make-key", "--secret", host.secret});
  INFO(made.err);
  REQUIRE(made.status == 0);
  const std::string secret = read_text(host.secret);
  CHECK_FALSE(secret.empty());
  CHECK_FALSE(has(made.out, secret.substr(0, 20)));
  CHECK((std::filesystem::status(host.secret).permissions() & std::filesystem::perms::mask) ==
        std::filesystem::perms::owner_read);
  CHECK(value(host.root,
              "SELECT host || ' ' || a.login FROM seal_keys JOIN accounts AS a ON published_by = "
              "account_id") == "mx1 alba");
  CHECK(has(made.out, host.published()));

  const std::string key = host.made_key();
  CHECK(key == host.published());
  CHECK(read_text(host.secret) == secret);
  CHECK(number(host.root, "SELECT count(*) FROM seal_keys") == 1);
}

TEST_CASE("a secret that nobody published, because the command was interrupted, is published by the next") {
  GateHost host;
  host.made_key();
  must(host.root.exec(
      "SET session_replication_role = replica; DELETE FROM seal_keys; SET session_replication_role = "
      "origin"));
  const std::string secret = read_text(host.secret);
  const std::string key = host.made_key();
  CHECK(key == host.published());
  CHECK(read_text(host.secret) == secret);
}

TEST_CASE("who may not publish makes no secret either") {
  GateHost host;
  for (const char* login : {"carla", "gate1"}) {
    CAPTURE(login);
    CHECK(host.seal({"make-key", "--secret", host.secret}, login).status == 77);
    CHECK_FALSE(std::filesystem::exists(host.secret));
  }
  CHECK(host.seal({"make-key", "--secret", host.directory.path("none/seal.key")}).status == 66);
  host.directory.write("seal.key", "not a key\n");
  chmod(host.secret.c_str(), 0400);
  const Ran spoilt = host.seal({"make-key", "--secret", host.secret});
  CHECK(spoilt.status == 65);
  CHECK(has(spoilt.err, "holds no secret key"));
  CHECK(read_text(host.secret) == "not a key\n");
  CHECK(number(host.root, "SELECT count(*) FROM seal_keys") == 0);
}

TEST_CASE("a new key seals only when every roll knows it") {
  GateHost host;
  const std::string old_key = host.made_key();
  const std::string old_secret = read_text(host.secret);
  const uid_t owner = geteuid() == 0 ? 4711 : geteuid();
  REQUIRE(chown(host.secret.c_str(), owner, static_cast<gid_t>(-1)) == 0);
  REQUIRE(chmod(host.secret.c_str(), 0600) == 0);

  // Nobody has said what its roll holds.
  Ran waited = host.rotate();
  CHECK(waited.status == 69);
  CHECK(has(waited.err, "no gate has told the register of its roll yet"));
  CHECK(waited.json().at("error").at("kind") == "unavailable");
  const std::string keys = host.published();
  CHECK(keys.starts_with(old_key + " "));
  const std::string new_key = keys.substr(old_key.size() + 1);
  CHECK(read_text(host.secret) == old_secret);

  // One of two knows it.
  host.roll_of("mx1");
  must(host.as("gate1").query("SELECT note_roll('mx2', $1)", {"{" + old_key + "}"}));
  waited = host.rotate();
  CHECK(waited.status == 69);
  CHECK(has(waited.err, "1 of 2 rolls know the new key, not yet: mx2"));
  CHECK(has(waited.err, "posts are sealed with the old key as before"));
  CHECK(read_text(host.secret) == old_secret);
  CHECK(host.published() == keys);  // it went on with the same key

  // A host that was not heard of for longer than roll.max_age does not count.
  must(
      host.root.exec("UPDATE roll_sightings SET seen_at = now() - interval '61 minutes' WHERE host = 'mx2'"));
  const Ran done = host.rotate();
  INFO(done.err);
  REQUIRE(done.status == 0);
  CHECK(done.json().at("key_id") == new_key);
  CHECK(done.json().at("old_key_id") == old_key);
  CHECK(done.json().at("rolls") == nlohmann::json{"mx1"});
  CHECK(read_text(host.secret) != old_secret);
  CHECK_FALSE(std::filesystem::exists(host.next));
  struct stat about = {};
  REQUIRE(stat(host.secret.c_str(), &about) == 0);
  CHECK(about.st_uid == owner);
  CHECK((about.st_mode & 0777U) == 0600U);
  CHECK(host.published() == keys);  // the old one stays until it is retired
}

TEST_CASE("a rotation ends by itself when the last roll learns the key") {
  GateHost host;
  host.made_key();
  must(host.as("gate1").query("SELECT note_roll('mx1', '{}')"));
  std::jthread follower([&host] {
    auto gate = host.as("gate1");
    for (int tries = 0; tries < 600; ++tries) {
      must(gate.query(
          "SELECT note_roll('mx1', ARRAY(SELECT key_id FROM roll_seal_keys)) WHERE (SELECT count(*) FROM "
          "roll_seal_keys) = 2"));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (!std::filesystem::exists(host.next) && tries > 20) return;
    }
  });
  const Ran done = host.rotate("30s");
  INFO(done.err);
  CHECK(done.status == 0);
}

TEST_CASE("an interrupted rotation goes on where it was, wherever it was") {
  GateHost host;
  const std::string old_key = host.made_key();
  host.roll_of("mx1");
  SECTION("the new secret was half written") {
    host.directory.write("seal.key.next", "");
    REQUIRE(chmod(host.next.c_str(), 0400) == 0);
    CHECK(host.rotate().status == 69);
  }
  SECTION("the new secret was not published yet") {
    CHECK(host.rotate().status == 69);
    must(host.root.exec("SET session_replication_role = replica; DELETE FROM seal_keys WHERE key_id <> '" +
                        old_key + "'; SET session_replication_role = origin"));
  }
  SECTION("the new secret has its owner already") {
    CHECK(host.rotate().status == 69);
    if (geteuid() == 0) REQUIRE(chown(host.next.c_str(), 4711, 4711) == 0);
  }
  const std::string next = read_text(host.next);
  host.roll_of("mx1");
  if (host.published() == old_key) {
    CHECK(host.rotate().status == 69);  // publishes it
    host.roll_of("mx1");
  }
  const Ran done = host.rotate();
  INFO(done.err);
  REQUIRE(done.status == 0);
  CHECK(read_text(host.secret) == next);
  CHECK(number(host.root, "SELECT count(*) FROM seal_keys") == 2);
}

TEST_CASE("a rotation to a key that was retired meanwhile says what to remove") {
  GateHost host;
  const std::string old_key = host.made_key();
  CHECK(host.rotate().status == 69);
  const std::string new_key = host.published().substr(old_key.size() + 1);
  REQUIRE(host.seal({"retire", new_key, "--reason", "given up"}).status == 0);
  const Ran again = host.rotate();
  CHECK(again.status == 65);
  CHECK(has(again.err, "Remove " + host.next + " and begin again"));
}

TEST_CASE("a key is retired with a reason, and the list of keys shows it") {
  GateHost host;
  const std::string key = host.made_key();
  host.roll_of("mx1");
  const Ran before = host.seal({"list", "--json"});
  REQUIRE(before.status == 0);
  CHECK(before.json().at("keys").at(0).at("state") == "published");
  CHECK(before.json().at("keys").at(0).at("in_rolls_of") == nlohmann::json{"mx1"});
  CHECK(before.json().at("rolls").at(0).at("key_ids") == nlohmann::json{key});

  const Ran retired = host.seal({"retire", key, "--reason", "the disk was stolen"});
  INFO(retired.err);
  REQUIRE(retired.status == 0);
  CHECK(has(retired.out, "has no published key now"));
  const Ran after = host.seal({"list"});
  CHECK(has(after.out, key));
  CHECK(has(after.out, "retired"));
  CHECK(host.seal({"retire", key, "--reason", "again"}).status == 65);
  CHECK(host.ask({"log", "--limit", "1"}).dump().find("the disk was stolen") != std::string::npos);

  const Ran comes_back = host.seal({"make-key", "--secret", host.secret});
  CHECK(comes_back.status == 65);
  CHECK(has(comes_back.err, "does not come back"));
  CHECK(std::filesystem::exists(host.secret));
}

TEST_CASE("without a key the list says how to make one") {
  GateHost host;
  CHECK(has(host.seal({"list"}).out, "There is no key yet."));
}
