#include "tests/admin/program.h"

using namespace portavoz::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The verdict of a gate on one post, with the facts it was decided from.
void record(Desk& desk, const std::string& queue_id, const std::string& facts) {
  auto gate = desk.as("gate1");
  const std::string verdict =
      R"([{"id":"00000000-0000-4000-8000-00000000000)" + queue_id +
      R"(","at":"2026-11-23T10:00:00Z","host":"mx1",)" + R"("queue_id":")" + queue_id +
      R"(","message_id":"<1@norte.example>","list":"avisos@listas.example",)" +
      R"("client":"192.0.2.10","mail_from":"norte@example.org","header_from":"norte@example.org","login":"",)" +
      R"("rule":"shared-provider","verdict":"reject","code":"550 5.7.26","contact_id":null,"decision_id":null,)" +
      R"("proof":"","facts":)" + facts + "}]";
  must(gate.query("SELECT record_verdicts($1::jsonb)", {verdict}));
}

}  // namespace

TEST_CASE("explain prints what DKIM and SPF said, and each rule's answer") {
  Desk desk;
  record(desk, "1", R"({"client": "192.0.2.10",
    "dkim": [{"domain": "example.org", "selector": "s1", "algorithm": "rsa-sha256", "result": "pass", "why": "",
              "key_bits": 2048, "test_key": false, "whole_body": true, "signed": ["from", "to"]},
             {"domain": "esp.example", "selector": "k", "algorithm": "rsa-sha1", "result": "fail", "why": "bad\u001b[2J",
              "key_bits": 0, "test_key": true, "whole_body": false, "signed": []}], "dkim_more": true,
    "spf": {"result": "softfail", "mechanism": "all", "open": false, "lookups": 3, "why": "~all matched"},
    "steps": [{"rule": "broken-from", "decided": false, "why": "From holds one mailbox"},
              {"rule": "shared-provider", "decided": true, "why": "SPF gives softfail"}]})");
  const Ran shown = desk.run({"explain", "1"});
  CHECK(shown.status == 0);
  for (const char* part :
       {"example.org: pass (selector s1, rsa-sha256, 2048 bits); signs from to", "esp.example: fail, bad",
        "a test key, not the whole body", "more signatures than are looked at", "softfail, ~all matched",
        "DNS look-ups: 3", "From holds one mailbox", "went on", "decided", "SPF gives softfail"}) {
    CAPTURE(part, shown.out);
    CHECK(has(shown.out, part));
  }
  CHECK_FALSE(has(shown.out, "\x1b[2J"));
  const auto facts = desk.ask({"explain", "1"}).at("verdicts").at(0).at("facts");
  CHECK(facts.at("spf").at("lookups") == 3);
  CHECK(facts.at("steps").size() == 2);
}

TEST_CASE("explain of a verdict without facts prints none, and one without signatures says so") {
  Desk desk;
  record(desk, "2", "null");
  const Ran without = desk.run({"explain", "2"});
  CHECK(without.status == 0);
  CHECK_FALSE(has(without.out, "DKIM"));
  CHECK(desk.ask({"explain", "2"}).at("verdicts").at(0).at("facts").is_null());
  record(desk, "3", R"({"dkim": [], "steps": []})");
  CHECK(has(desk.run({"explain", "3"}).out, "no signature by a domain that counts"));
}
