// Verdicts that waited on disk while the register was away come to it once each.
#include "milter/verdict_spool.h"

#include <filesystem>
#include <functional>
#include <thread>

#include "tests/lib/temp_dir.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

bool comes(const std::function<bool()>& true_now) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (true_now()) return true;
    std::this_thread::sleep_for(Millis{10});
  }
  return false;
}

VerdictRecord a_verdict(int number) {
  VerdictRecord verdict;
  verdict.id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + number);
  verdict.host = "mx1";
  verdict.queue_id = "Q" + std::to_string(number);
  verdict.rule = "not-designated";
  verdict.verdict = "reject";
  return verdict;
}

}  // namespace

TEST_CASE(
    "verdicts that waited for the register come to it once each, also when a crash carries them twice") {
  constexpr int many = 1300;  // more than are carried at once
  Story story;
  const TempDir dir;
  {
    const auto spool = must(VerdictSpool::open(dir.path(), "host=" + dir.path()));
    for (int i = 0; i < many; ++i) spool->append(a_verdict(i));
  }
  // What was being carried, and what came after.
  const std::string waiting = read_all(dir / "verdicts.carried.jsonl") + read_all(dir / "verdicts.jsonl");
  std::filesystem::remove(dir / "verdicts.jsonl");
  const auto recorded = [&] { return number(story.root, "SELECT count(*) FROM verdicts"); };
  for (const std::string what : {"the register is back", "the gate died before it removed the file"}) {
    CAPTURE(what);
    write_all(dir / "verdicts.carried.jsonl", waiting);
    const auto spool = must(VerdictSpool::open(dir.path(), story.dsn_as("gate1")));
    CHECK(comes([&] { return !std::filesystem::exists(dir / "verdicts.carried.jsonl"); }));
    CHECK(recorded() == many);
  }
}
