#include <nlohmann/json.hpp>

#include "adapters/json/verdict_json.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("the facts of a verdict stand in it as an object") {
  VerdictRecord verdict;
  verdict.id = "1";
  verdict.facts = R"({"dkim":[{"domain":"norte.example"}],"steps":[]})";
  const std::string line = verdict_json(verdict);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(nlohmann::json::parse(line).at("facts").at("dkim").at(0).at("domain") == "norte.example");
}

TEST_CASE("facts that are no object are left out, and the verdict still goes") {
  for (const char* facts : {"", "{", "[]", "\"text\"", "null"}) {
    CAPTURE(facts);
    VerdictRecord verdict;
    verdict.facts = facts;
    const auto parsed = nlohmann::json::parse(verdict_json(verdict));
    CHECK_FALSE(parsed.contains("facts"));
    CHECK(parsed.at("rule") == "");
  }
}

TEST_CASE("a NUL from a stranger's DNS record becomes U+FFFD, because the register takes none") {
  VerdictRecord verdict;
  verdict.facts = R"({"spf":{"why":"a\u0000b","list":["\u0000"]}})";
  const std::string line = verdict_json(verdict);
  CHECK(line.find("\\u0000") == std::string::npos);
  const auto facts = nlohmann::json::parse(line).at("facts");
  CHECK(facts.at("spf").at("why") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(facts.at("spf").at("list").at(0) == "\xEF\xBF\xBD");
}
