#include <algorithm>

#include "tests/forgery/case_files.h"
#include "tests/forgery/observed_gate.h"
#include "tests/lib/catch.h"

using namespace portavoz::forgery;

namespace {

std::string in_words(const Seen& seen) {
  std::string out = seen.posted ? "posted " : "not posted ";
  for (const std::string& word : seen.words) out += word + " ";
  return out + seen.code;
}

bool has_the_verdict(const ObservedCase& one, const Seen& seen) {
  if (seen.words.contains(one.verdict) && seen.code.starts_with(one.code_prefix)) return true;
  return std::any_of(one.also_ok.begin(), one.also_ok.end(),
                     [&](const std::string& word) { return seen.words.contains(word); });
}

}  // namespace

TEST_CASE("what a milter was told of each case gets its verdict, and what is forged is never posted") {
  const std::string directory = std::string(PORTAVOZ_SOURCE_DIR) + "/tests/forgery";
  const auto cases = read_cases(directory);
  REQUIRE_FALSE(cases.empty());
  ObservedGate gate(read_world(directory));
  for (const ObservedCase& one : cases) {
    const Seen seen = gate.play(one);
    INFO(one.id << " " << one.title << ": expected " << one.verdict << " " << one.code_prefix
                << (one.posted ? ", posted" : ", not posted") << "; seen " << in_words(seen));
    CHECK(seen.posted == one.posted);
    CHECK(has_the_verdict(one, seen));
  }
}
