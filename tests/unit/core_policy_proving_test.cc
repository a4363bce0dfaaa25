#include "core/policy/memory_roll.h"
#include "core/policy/proving.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const Instant noon{Seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z
const DecideLimits limits{std::chrono::hours(72)};
const GuardedList avisos{1, "avisos@listas.example", {"es"}, "", {"avisos@listas.example"}, false};

MemoryRoll roll_with(const Proof& proof) {
  RollContents contents;
  contents.lists = {avisos};
  contents.contacts = {{1, {7, 70, "Norte", "contacto@norte.example", proof}}};
  contents.last_word = noon;
  return MemoryRoll(contents);
}

const Proof by_anything{{"norte"}, {"norte.example", "envios.example"}, true, false};

PostFacts a_post() {
  PostFacts facts;
  facts.mail_from = "contacto@norte.example";
  facts.client = IpAddress::v4(0xC000020AU);
  facts.lists = {{avisos, avisos.posting_address, true}};
  facts.fields = {{"From", " contacto@norte.example"},
                  {"To", " avisos@listas.example"},
                  {"Date", " Fri, 15 Jan 2027 08:00:00 +0000"},
                  {"DKIM-Signature", " v=1"}};
  return facts;
}

// Answers nothing that proves, and remembers what it was asked.
struct Looked {
  std::vector<std::vector<std::string>> dkim;
  std::vector<SpfQuestion> spf;
  SpfResult spf_says = SpfResult::fail;

  Prover prover() {
    return {[this](const std::vector<std::string>& domains) {
              dkim.push_back(domains);
              return DkimFacts{};
            },
            [this](const SpfQuestion& question) {
              spf.push_back(question);
              SpfAnswer answer;
              answer.result = spf_says;
              return answer;
            },
            "mail.norte.example"};
  }
};

}  // namespace

TEST_CASE("a post that its login proves costs no look-up") {
  Looked looked;
  PostFacts facts = a_post();
  facts.login = "norte";
  CHECK(decide_with(facts, roll_with(by_anything), limits, noon, looked.prover()).rule ==
        Rule::proven_by_login);
  CHECK(looked.dkim.empty());
  CHECK(looked.spf.empty());
}

TEST_CASE("a post by nobody designated costs no look-up") {
  Looked looked;
  PostFacts facts = a_post();
  facts.fields[0].value = " other@elsewhere.example";
  CHECK(decide_with(facts, roll_with(by_anything), limits, noon, looked.prover()).rule ==
        Rule::not_designated);
  CHECK(looked.dkim.empty());
  CHECK(looked.spf.empty());
}

TEST_CASE("DKIM is asked for the designation's domains, then SPF for the envelope, each once") {
  Looked looked;
  looked.spf_says = SpfResult::pass;
  PostFacts facts = a_post();
  CHECK(decide_with(facts, roll_with(by_anything), limits, noon, looked.prover()).rule ==
        Rule::proven_by_spf);
  REQUIRE(looked.dkim.size() == 1);
  CHECK(looked.dkim[0] == by_anything.signing_domains);
  REQUIRE(looked.spf.size() == 1);
  CHECK(looked.spf[0].client == *facts.client);
  CHECK(looked.spf[0].mail_from.text() == "contacto@norte.example");
  CHECK(looked.spf[0].helo == "mail.norte.example");
  REQUIRE(facts.dkim);
  REQUIRE(facts.spf);
  CHECK(facts.spf->result == SpfResult::pass);
}

TEST_CASE("an envelope sender that is no mailbox has no SPF, and nobody is asked about it") {
  Looked looked;
  looked.spf_says = SpfResult::pass;
  PostFacts facts = a_post();
  facts.mail_from = "no mailbox";
  const Verdict verdict = decide_with(facts, roll_with({{}, {}, true, false}), limits, noon, looked.prover());
  CHECK(verdict.rule == Rule::spf_failed);
  CHECK(looked.spf.empty());
  REQUIRE(facts.spf);
  CHECK(facts.spf->result == SpfResult::none);
}

TEST_CASE("what was found out before is not looked up again") {
  Looked looked;
  PostFacts facts = a_post();
  facts.dkim = DkimFacts{};
  facts.spf = SpfAnswer{};
  CHECK(decide_with(facts, roll_with(by_anything), limits, noon, looked.prover()).answer() == Answer::reject);
  CHECK(looked.dkim.empty());
  CHECK(looked.spf.empty());
}
