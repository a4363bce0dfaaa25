// The log of changes: what a look at the register finds that an earlier one did not see, whatever the order
// in which transactions commit, and that it is enough to keep a roll what the register says.
#include <algorithm>
#include <functional>

#include "adapters/lmdb/roll_file.h"
#include "adapters/pg/roll_reader.h"
#include "tests/lib/temp_dir.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

const Instant noon{Seconds(1795500000)};
const std::string one = std::string(32, '1');
const std::string two = std::string(32, '2');
const std::string a_key(64, 'a');

std::string record(const std::string& marks) {
  return "SELECT portavoz.record_posted('" + list_address + "', '{" + marks + "}')";
}

std::string in_words(const std::vector<RollChangeEntry>& entries) {
  std::vector<std::string> words;
  for (const RollChangeEntry& entry : entries)
    words.push_back(entry.part + (entry.list_id != 0 ? " " + std::to_string(entry.list_id) : "") +
                    (entry.key.empty() ? "" : " " + entry.key.substr(0, 20)));
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

std::string changes_since(pg::Connection& gate, const RollPosition& position) {
  return in_words(must(must(RollReader::begin(gate))->changes_since(position)));
}

RollPosition position(pg::Connection& gate) { return must(RollReader::begin(gate))->state().position; }

// A roll that is kept by changes alone, and one that is compared with everything.
class TwoRolls {
 public:
  explicit TwoRolls(pg::Connection gate) : gate_(std::move(gate)) {
    compare(*by_changes_);
    compare(*compared_);
  }

  // Takes the changes since the last call; both rolls are to say the same then. Gives the changes.
  std::string step() {
    const auto look = must(RollReader::begin(gate_));
    const auto from = by_changes_->position();
    REQUIRE(from);
    REQUIRE_FALSE(why_compare(from, look->state()));
    const auto entries = must(look->changes_since(*from));
    const auto update = must(look->read(changed_parts(entries)));
    for (int times = 0; times < 2; ++times) must(by_changes_->update(update, look->state().position, noon));
    const auto contacts = must(look->contact_count());
    const auto difference = must(compared_->compare(*look, contacts, look->state().position, noon));
    CHECK((difference.change == RollChange::written) == !entries.empty());
    RollContents a = must(must(LmdbRoll::open(by_changes_dir_.path()))->contents());
    RollContents b = must(must(LmdbRoll::open(compared_dir_.path()))->contents());
    CHECK(words(a) == words(b));
    return in_words(entries);
  }

 private:
  static std::string words(const RollContents& all) {
    std::string text;
    for (const GuardedList& row : all.lists) {
      text += "list " + row.posting_address + row.admin_address + (row.holds_unproven ? " holds" : "");
      for (const std::string& address : row.addresses) text += " " + address;
      text += '\n';
    }
    for (const RollContact& row : all.contacts) {
      const Designation& contact = row.designation;
      text += "contact " + std::to_string(contact.decision_id) + contact.assembly + contact.address +
              (contact.domain_gone ? " gone" : "") + (contact.proof.spf ? " spf" : "");
      for (const std::string& login : contact.proof.logins) text += " " + login;
      text += '\n';
    }
    for (const RollMark& row : all.marks) text += "mark " + row.mark + '\n';
    for (const RollSealKey& row : all.seal_keys) text += "key " + row.key_id + '\n';
    return text;
  }

  void compare(RollFile& roll) {
    must(gate_.query("SELECT portavoz.prune_roll_changes()"));
    const auto look = must(RollReader::begin(gate_));
    must(roll.compare(*look, 10, look->state().position, noon));
  }

  pg::Connection gate_;
  TempDir by_changes_dir_;
  TempDir compared_dir_;
  std::unique_ptr<RollFile> by_changes_ = must(RollFile::open(by_changes_dir_.path()));
  std::unique_ptr<RollFile> compared_ = must(RollFile::open(compared_dir_.path()));
};

}  // namespace

TEST_CASE("every change that the roll shows stands in the log, and keeps a roll what the register says") {
  Story story;
  const auto contact = std::to_string(story.designated("Asamblea Norte", "norte@example.org"));
  must(story.alba.query("SELECT list_add('otra@listas.example', NULL, '{es}', 'admin@listas.example', 1)"));
  auto door = story.as("door1");
  TwoRolls rolls(story.as("gate1"));
  CHECK(rolls.step().empty());
  const std::string key_id =
      value(story.root, "SELECT left(encode(sha256(decode('" + a_key + "', 'hex')), 'hex'), 16)");
  const std::vector<std::pair<std::function<void()>, std::string>> steps{
      {[&] { story.designated("Asamblea Sur", "sur@example.org"); }, "contacts 1 sur@example.org"},
      {[&] { story.reported("Asamblea Este", "este@example.org"); }, ""},
      {[&] {
         must(story.alba.query("SELECT change_proof($1, '{norte,n2}', '{example.org}', true, false, 'x')",
                               {contact}));
       },
       "contacts 1 norte@example.org"},
      {[&] {
         must(story.root.exec("UPDATE assemblies SET name = 'Asamblea del Norte' WHERE name LIKE '%Norte'"));
       },
       "contacts 1 norte@example.org"},
      {[&] { must(story.root.exec("UPDATE assemblies SET name = 'Oeste' WHERE name = 'Asamblea Este'")); },
       ""},
      {[&] {
         must(story.root.exec(
             "INSERT INTO page_watches (contact_id, weighed_report) VALUES (" + contact +
             ", 0); UPDATE page_watches SET domain_gone_since = now(), domain_held_since = now() "
             "WHERE contact_id = " +
             contact));
       },
       "contacts 1 norte@example.org"},
      {[&] { must(story.alba.query("SELECT restore($1, 'it is back')", {contact})); },
       "contacts 1 norte@example.org"},
      {[&] { must(story.alba.query("SELECT list_hold($1, true, 'x')", {list_address})); }, "lists"},
      {[&] {
         must(story.alba.query("SELECT publish_seal_key($1, $2, 'mx1')", {key_id, a_key}));
       },
       "seal-keys"},
      {[&] { must(story.alba.query("SELECT retire_seal_key($1, 'lost')", {key_id})); }, "seal-keys"},
      {[&] { must(door.query(record(one + "," + two))); },
       "marks 1 " + one.substr(0, 20) + ", marks 1 " + two.substr(0, 20)},
      {[&] { must(story.root.exec("DELETE FROM marks WHERE mark = '" + one + "'")); },
       "marks 1 " + one.substr(0, 20)},
      {[&] {
         must(story.root.exec("UPDATE marks SET posted_at = now() - interval '31 days' WHERE mark = '" + two +
                              "'"));
       },
       "marks 1 " + two.substr(0, 20)},
      {[&] { must(story.alba.query("SELECT suspend($1, 'stolen')", {contact})); },
       "contacts 1 norte@example.org"},
      {[&] { must(story.alba.query("SELECT restore($1, 'found')", {contact})); },
       "contacts 1 norte@example.org"},
      {[&] { must(story.alba.query("SELECT retire($1, 'gone')", {contact})); },
       "contacts 1 norte@example.org"},
      {[&] {
         must(story.alba.exec("BEGIN"));
         must(story.alba.query("SELECT list_hold($1, false, 'x')", {list_address}));
         must(story.alba.exec("ROLLBACK"));
       },
       ""},
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CAPTURE(i);
    steps[i].first();
    CHECK(rolls.step() == steps[i].second);
  }
}

TEST_CASE("a transaction that began first and commits last is found by the look after its COMMIT") {
  Story story;
  auto first = story.as("door1");
  auto second = story.as("door1");
  auto gate = story.as("gate1");
  const RollPosition before = position(gate);
  must(first.exec("BEGIN; SAVEPOINT inner_one; " + record(one) + "; RELEASE inner_one"));
  must(second.query(record(two)));
  const RollPosition between = position(gate);
  CHECK(changes_since(gate, before) == "marks 1 " + two.substr(0, 20));
  must(first.exec("COMMIT"));
  CHECK(changes_since(gate, between) == "marks 1 " + one.substr(0, 20));
  CHECK(changes_since(gate, before) == "marks 1 " + one.substr(0, 20) + ", marks 1 " + two.substr(0, 20));
  CHECK(changes_since(gate, position(gate)).empty());
}

TEST_CASE("what changes while a look is under way belongs to the next one") {
  Story story;
  auto door = story.as("door1");
  auto gate = story.as("gate1");
  const RollPosition before = position(gate);
  auto other = story.as("gate1");
  const auto look = must(RollReader::begin(other));
  must(door.query(record(one)));
  CHECK(must(look->changes_since(before)).empty());
  CHECK(must(look->more_marks()).empty());
  CHECK(changes_since(gate, look->state().position) == "marks 1 " + one.substr(0, 20));
}

TEST_CASE("the log keeps changes for two days, and a roll that is older is compared") {
  Story story;
  auto door = story.as("door1");
  auto gate = story.as("gate1");
  must(gate.query("SELECT prune_roll_changes()"));
  const RollPosition old = position(gate);
  must(door.query(record(one)));
  must(story.root.exec("UPDATE roll_changes SET at = now() - interval '49 hours'"));
  const RollPosition later = position(gate);
  must(door.query(record(two)));
  must(gate.query("SELECT prune_roll_changes()"));
  CHECK(value(story.root, "SELECT string_agg(left(key, 1), '') FROM roll_changes") == "2");
  const auto look = must(RollReader::begin(gate));
  CHECK(why_compare(old, look->state()));
  CHECK_FALSE(why_compare(later, look->state()));
}

TEST_CASE("a log that came with a dump is emptied, and says nothing until then") {
  Story story;
  auto door = story.as("door1");
  auto gate = story.as("gate1");
  must(door.query(record(one)));
  must(gate.query("SELECT prune_roll_changes()"));
  const RollPosition before = position(gate);
  must(story.root.exec("UPDATE roll_log SET source = 'of another cluster', pruned = '900000000000'"));
  CHECK(why_compare(before, must(RollReader::begin(gate))->state()));
  must(gate.query("SELECT prune_roll_changes()"));
  CHECK(number(story.root, "SELECT count(*) FROM roll_changes") == 0);
  CHECK(why_compare(before, must(RollReader::begin(gate))->state()));
  const RollPosition after = position(gate);
  CHECK_FALSE(why_compare(after, must(RollReader::begin(gate))->state()));
}

TEST_CASE("a copy of the database is another register") {
  Story story;
  auto gate = story.as("gate1");
  const std::string source = position(gate).source;
  Story other;
  auto other_gate = other.as("gate1");
  CHECK(position(other_gate).source != source);
}
