#include <nlohmann/json.hpp>

#include "adapters/json/facts_json.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("a verdict's facts say what was looked at, and each rule's answer") {
  PostFacts facts;
  facts.client = IpAddress::v4(0xC000020AU);
  DkimSignature signature;
  signature.domain = "norte.example";
  signature.selector = "s1";
  signature.algorithm = "rsa-sha256";
  signature.result = DkimResult::pass;
  signature.key_bits = 2048;
  signature.signed_names = {"from", "to"};
  signature.signature = "\x01\x02";
  facts.dkim = DkimFacts{{signature}, true};
  SpfAnswer spf;
  spf.result = SpfResult::pass;
  spf.mechanism = "ip4:192.0.2.10";
  spf.lookups = 2;
  spf.why = "ip4:192.0.2.10 matched";
  facts.spf = spf;
  Verdict verdict;
  verdict.steps = {{Rule::broken_from, false, "From holds one mailbox"},
                   {Rule::proven_by_dkim, true, "it holds"}};
  CHECK(nlohmann::json::parse(facts_json(facts, verdict)) == nlohmann::json::parse(R"({"client": "192.0.2.10",
    "dkim": [{"domain": "norte.example", "selector": "s1", "algorithm": "rsa-sha256", "result": "pass", "why": "",
              "key_bits": 2048, "test_key": false, "whole_body": true, "signed": ["from", "to"]}], "dkim_more": true,
    "spf": {"result": "pass", "mechanism": "ip4:192.0.2.10", "open": false, "lookups": 2,
            "why": "ip4:192.0.2.10 matched"},
    "steps": [{"rule": "broken-from", "decided": false, "why": "From holds one mailbox"},
              {"rule": "proven-by-dkim", "decided": true, "why": "it holds"}]})"));
}

TEST_CASE("what was not looked at is not among the facts") { CHECK(facts_json({}, {}) == R"({"steps":[]})"); }

TEST_CASE("a stranger's words among the facts are cut, and stay JSON that PostgreSQL takes") {
  Verdict verdict;
  verdict.steps = {{Rule::broken_from, true, std::string("a\0b\xFF\n\"", 6) + std::string(5000, 'x')}};
  const std::string json = facts_json({}, verdict);
  CHECK(json.size() < 700);
  CHECK(json.find('\n') == std::string::npos);
  CHECK(json.find("\\u0000") == std::string::npos);
  CHECK_FALSE(nlohmann::json::parse(json, nullptr, false).is_discarded());
}

TEST_CASE("no more signed fields are named than a person can read") {
  PostFacts facts;
  DkimSignature signature;
  signature.signed_names.assign(1000, "x");
  facts.dkim = DkimFacts{{signature, signature}, false};
  const auto parsed = nlohmann::json::parse(facts_json(facts, {}));
  CHECK(parsed.at("dkim").size() == 2);
  CHECK(parsed.at("dkim").at(1).at("signed").size() == 50);
}
