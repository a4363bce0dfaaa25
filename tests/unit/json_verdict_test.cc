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

TEST_CASE("a verdict without facts goes without them") {
  const auto parsed = nlohmann::json::parse(verdict_json({}));
  CHECK_FALSE(parsed.contains("facts"));
  CHECK(parsed.at("rule") == "");
}

TEST_CASE("what a stranger wrote stays one line of JSON that the register takes") {
  VerdictRecord verdict;
  verdict.message_id = std::string("<a\0b\xFF\n\"\\\t\x1F\x7F\u00F1@x.example>", 24);
  verdict.contact_id = 7;
  const std::string line = verdict_json(verdict);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find("\\u0000") == std::string::npos);
  const auto parsed = nlohmann::json::parse(line);
  CHECK(parsed.at("message_id") ==
        "<a\uFFFD"
        "b\uFFFD\n\"\\\t\x1F\x7F\u00F1@x.example>");
  CHECK(parsed.at("contact_id") == 7);
}
