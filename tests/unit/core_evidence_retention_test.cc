#include "core/evidence/retention.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

constexpr Instant now{Seconds(1'000'000)};
constexpr std::int64_t second = 1'000'000'000;

StoredFile file(const std::string& path, std::int64_t age, std::uint64_t bytes, bool in_use = false) {
  return {path, bytes, (1'000'000 - age) * second, in_use};
}

}  // namespace

TEST_CASE(
    "evidence goes when its time is over or there is no room, the oldest first, and never what is in use") {
  struct Row {
    std::string what;
    std::vector<StoredFile> files;
    std::uint64_t budget;
    std::vector<std::string> gone;
    std::uint64_t left;
  };
  const std::vector<Row> rows{
      {"nothing is there", {}, 0, {}, 0},
      {"all has its time and room", {file("a", 99, 5), file("b", 1, 5)}, 10, {}, 10},
      {"the time of one is over", {file("b", 1, 5), file("a", 101, 5)}, 10, {"a"}, 5},
      {"the last second counts", {file("a", 100, 5)}, 10, {}, 5},
      {"one octet too much", {file("b", 1, 5), file("a", 2, 5), file("c", 3, 1)}, 10, {"c"}, 10},
      {"no more than is needed", {file("a", 3, 5), file("b", 2, 5), file("c", 1, 5)}, 5, {"a", "b"}, 5},
      {"what is in use stays, whatever its age", {file("a", 500, 5, true), file("b", 1, 5)}, 10, {}, 10},
      {"younger ones make room for it",
       {file("a", 50, 8, true), file("b", 2, 5), file("c", 1, 5)},
       13,
       {"b"},
       13},
      {"past the budget by what is in use alone", {file("a", 9, 8, true), file("b", 1, 1)}, 5, {"b"}, 8},
      {"no room at all", {file("a", 2, 5), file("b", 1, 0)}, 0, {"a"}, 0},
      {"of the same age in the order of names", {file("b", 1, 5), file("a", 1, 5)}, 5, {"a"}, 5},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Removal removal = to_remove(row.files, {row.budget, Seconds(100)}, now);
    CHECK(removal.paths == row.gone);
    CHECK(removal.left == row.left);
  }
}

TEST_CASE("a file that was used a nanosecond later goes later") {
  StoredFile response = file("a", 1, 5);
  StoredFile revisit = file("b", 1, 5);
  response.used_ns += 1;
  CHECK(to_remove({response, revisit}, {5, Seconds(100)}, now).paths == std::vector<std::string>{"b"});
}
