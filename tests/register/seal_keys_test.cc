// The public halves of the gates' seal keys, and which host's roll knows which.
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

constexpr Millis long_enough{20'000};
constexpr Millis now{0};

struct Key {
  std::string id, hex;
};

// A public key made of one digit, with the id that belongs to it.
Key key(Story& story, char digit) {
  const std::string hex(64, digit);
  return {value(story.root, "SELECT left(encode(sha256(decode('" + hex + "', 'hex')), 'hex'), 16)"), hex};
}

std::string publish(const Key& key, const std::string& host = "mx1") {
  return "SELECT publish_seal_key('" + key.id + "', '" + key.hex + "', '" + host + "')";
}

std::string retire(const Key& key, const std::string& reason = "rotated") {
  return "SELECT retire_seal_key('" + key.id + "', '" + reason + "')";
}

}  // namespace

TEST_CASE("a published key is in every roll until it is retired, and both are told") {
  Story story;
  const Key first = key(story, '1');
  auto gate = story.as("gate1");
  auto door = story.as("door1");
  must(gate.exec("LISTEN portavoz_roll"));
  must(story.alba.query(publish(first)));
  CHECK(gate.wait_notification(long_enough));
  for (pg::Connection* reader : {&gate, &door}) {
    const auto keys = must(reader->query("SELECT * FROM roll_seal_keys"));
    REQUIRE(keys.size() == 1);
    CHECK(keys.text(0, "key_id") == first.id);
    CHECK(keys.text(0, "public_key") == first.hex);
  }
  must(story.alba.query(retire(first)));
  CHECK(gate.wait_notification(long_enough));
  CHECK(must(gate.query("SELECT * FROM roll_seal_keys")).empty());
}

TEST_CASE("publishing the same key twice is publishing it once") {
  Story story;
  const Key first = key(story, '1');
  must(story.alba.query(publish(first)));
  must(story.bruno.query(publish(first, "mx2")));
  CHECK(number(story.root, "SELECT count(*) FROM seal_keys") == 1);
  CHECK(value(story.alba, "SELECT host || published_by FROM seal_keys_overview") == "mx1alba");
  CHECK(number(story.root, "SELECT count(*) FROM audit WHERE action = 'seal-key-publish'") == 1);
}

TEST_CASE("a key that is none, or not named by its own digest, is not published") {
  Story story;
  const Key first = key(story, '1');
  const Key second = key(story, '2');
  CHECK_THAT(refused(story.alba, publish({second.id, first.hex}), "PV001"), Contains("not the id"));
  refused(story.alba, publish({first.id, first.hex.substr(2)}), "PV001");
  refused(story.alba, publish({first.id, first.hex + "11"}), "PV001");
  refused(story.alba, publish({first.id, std::string(64, 'g')}), "PV001");
  refused(story.alba, publish(first, " "), "PV001");
  refused(story.alba, publish(first, std::string(256, 'h')), "PV001");
  refused(story.alba, "SELECT publish_seal_key(NULL, NULL, NULL)", "PV001");
  auto carla = story.as("carla");
  refused(carla, publish(first), "PV004");
  CHECK(number(story.root, "SELECT count(*) FROM seal_keys") == 0);
}

TEST_CASE("a retired key does not come back, and nothing about a key is rewritten") {
  Story story;
  const Key first = key(story, '1');
  const Key second = key(story, '2');
  must(story.alba.query(publish(first)));
  refused(story.alba, retire(first, " "), "PV001");
  refused(story.alba, retire(second), "PV002");
  refused(story.alba, "SELECT retire_seal_key(NULL, 'x')", "PV002");
  auto carla = story.as("carla");
  refused(carla, retire(first), "PV004");
  must(story.alba.query(retire(first)));
  CHECK_THAT(refused(story.alba, retire(first), "PV003"), Contains("retired already"));
  CHECK_THAT(refused(story.alba, publish(first), "PV003"), Contains("does not come back"));

  must(story.alba.query(publish(second)));
  for (const std::string change :
       {"retired_at = NULL, retired_by = NULL, reason = NULL", "reason = 'another'"})
    refused(story.root, "UPDATE seal_keys SET " + change + " WHERE key_id = '" + first.id + "'", "PV004");
  for (const std::string& change :
       std::vector<std::string>{"host = 'mx9'", "key_id = '" + first.id + "'", "published_by = 2"})
    refused(story.root, "UPDATE seal_keys SET " + change + " WHERE key_id = '" + second.id + "'", "PV004");
  refused(story.root, "DELETE FROM seal_keys", "PV004");
  refused(story.root, "TRUNCATE seal_keys", "PV004");
}

TEST_CASE("who published and who retired a key, and why, stands in the history") {
  Story story;
  const Key first = key(story, '1');
  must(story.alba.query(publish(first)));
  must(story.bruno.query(retire(first, "stolen laptop")));
  const auto entries = must(story.alba.query(
      "SELECT actor, action, detail::text FROM history WHERE subject = 'seal-key:1' ORDER BY seq"));
  REQUIRE(entries.size() == 2);
  CHECK(entries.text(0, "actor") == "alba");
  CHECK(entries.text(0, "action") == "seal-key-publish");
  CHECK_THAT(std::string(entries.text(0, "detail")), Contains(first.id) && Contains("mx1"));
  CHECK(entries.text(1, "actor") == "bruno");
  CHECK(entries.text(1, "action") == "seal-key-retire");
  CHECK_THAT(std::string(entries.text(1, "detail")), Contains(first.id) && Contains("stolen laptop"));
  CHECK(value(story.alba, "SELECT (audit_verify()).ok") == "true");
}

TEST_CASE("each host's follower says which keys its roll knows, and tells nobody else") {
  Story story;
  const Key first = key(story, '1');
  const Key second = key(story, '2');
  must(story.alba.query(publish(first)));
  auto gate = story.as("gate1");
  must(gate.exec("LISTEN portavoz_roll"));
  must(gate.query("SELECT note_roll('mx1', '{}')"));
  must(gate.query("SELECT note_roll('mx2', $1)", {"{" + second.id + "," + first.id + "}"}));
  must(gate.query("SELECT note_roll('mx1', $1)", {"{" + first.id + "}"}));
  CHECK_FALSE(gate.wait_notification(now));
  const auto hosts = must(story.alba.query("SELECT * FROM roll_hosts ORDER BY host"));
  REQUIRE(hosts.size() == 2);
  CHECK(hosts.text_array(0, "key_ids") == std::vector<std::string>{first.id});
  CHECK(hosts.text_array(1, "key_ids").size() == 2);
  CHECK(hosts.integer(1, "seconds_ago") < 60);
  CHECK(value(story.alba, "SELECT in_rolls_of FROM seal_keys_overview") == "{mx1,mx2}");
  for (const std::string bad : {"'', '{}'", "NULL, '{}'", "'mx1', NULL", "'mx1', '{NULL}'", "'mx1', '{abc}'"})
    refused(gate, "SELECT note_roll(" + bad + ")", "PV001");
  CHECK(number(story.root, "SELECT count(*) FROM audit WHERE subject_kind = 'roll'") == 0);
}
