// When a roll is brought up to date by the keys that changed, when as a whole, and which keys those are.
#include "core/policy/roll_following.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const std::string source = "7714048003639140001/00000001/16385/17191";

RegisterState register_at(const std::string& snapshot, std::optional<std::uint64_t> pruned = 50,
                          const std::string& of = source) {
  return {{of, snapshot}, pruned};
}

}  // namespace

TEST_CASE("the log of changes is enough for a roll that it reaches back to, and for no other", "[roll]") {
  struct Row {
    const char* what;
    std::optional<RollPosition> roll;
    RegisterState now;
    const char* why;  // empty: the log is enough
  };
  const Row rows[] = {
      {"nothing happened since", RollPosition{source, "100:100:"}, register_at("100:100:"), ""},
      {"transactions have ended since", RollPosition{source, "100:105:100,103"}, register_at("110:110:"), ""},
      {"the oldest still runs", RollPosition{source, "100:105:100"}, register_at("100:200:100,150"), ""},
      {"the log ends just before", RollPosition{source, "51:51:"}, register_at("100:100:"), ""},
      {"never followed", std::nullopt, register_at("100:100:"), "has no position"},
      {"another cluster", RollPosition{source, "100:100:"},
       register_at("100:100:", 50, "8/00000001/16385/17191"), "failover or a restored dump"},
      {"another time line", RollPosition{source, "100:100:"},
       register_at("100:100:", 50, "7714048003639140001/00000002/16385/17191"),
       "failover or a restored dump"},
      {"another database", RollPosition{source, "100:100:"},
       register_at("100:100:", 50, "7714048003639140001/00000001/16386/17191"),
       "failover or a restored dump"},
      {"the log was pruned up to it", RollPosition{source, "50:60:50"}, register_at("100:100:"),
       "begins later"},
      {"the log says nothing of this register", RollPosition{source, "100:100:"},
       register_at("100:100:", std::nullopt), "begins later"},
      {"files of yesterday were put back", RollPosition{source, "100:120:100"}, register_at("110:110:"),
       "earlier state"},
      {"a damaged position", RollPosition{source, "100"}, register_at("100:100:"), "cannot be read"},
      {"a position of words", RollPosition{source, "a:b:"}, register_at("100:100:"), "cannot be read"},
      {"an empty position", RollPosition{source, ""}, register_at("100:100:"), "cannot be read"},
      {"a register that talks nonsense", RollPosition{source, "100:100:"}, register_at("100:-1:"),
       "cannot be read"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto why = why_compare(row.roll, row.now);
    CHECK(why.has_value() == (*row.why != '\0'));
    if (why) CHECK_THAT(*why, Catch::Contains(row.why));
  }
}

TEST_CASE("entries of the log say which parts and keys are read again", "[roll]") {
  const ChangedParts parts =
      changed_parts({{"contacts", 3, "a@example.org"}, {"marks", 3, "77"}, {"contacts", 4, "b@example.org"}});
  CHECK_FALSE(parts.everything);
  CHECK_FALSE(parts.lists);
  CHECK_FALSE(parts.seal_keys);
  CHECK(parts.contacts == std::vector<RollKey>{{3, "a@example.org"}, {4, "b@example.org"}});
  CHECK(parts.marks == std::vector<RollKey>{{3, "77"}});
  CHECK(changed_parts({{"lists", 0, ""}}).lists);
  CHECK(changed_parts({{"seal-keys", 0, ""}}).seal_keys);
  CHECK(changed_parts({{"all", 0, ""}}).everything);
  CHECK(changed_parts({{"a part of a later release", 0, ""}}).everything);
}

TEST_CASE("many changes are not read one by one", "[roll]") {
  std::vector<RollChangeEntry> entries(most_changes, {"contacts", 1, "a@example.org"});
  CHECK_FALSE(changed_parts(entries).everything);
  entries.push_back({"contacts", 1, "b@example.org"});
  CHECK(changed_parts(entries).everything);
}
