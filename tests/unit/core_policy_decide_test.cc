#include <set>

#include "core/policy/decide.h"
#include "core/policy/memory_roll.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const Instant noon{Seconds(1'800'000'000)};
const DecideLimits limits{std::chrono::hours(72)};

const GuardedList avisos{1, "avisos@listas.example", {"es", "en"}, "admins@listas.example"};
const GuardedList isla{2, "isla@listas.example", {"es"}, ""};

MemoryRoll a_roll(Instant heard = noon) {
  return MemoryRoll({{avisos, {"avisos@listas.example"}}, {isla, {"isla@listas.example"}}},
                    {{1, {7, 70, "Asamblea del Norte", "contacto@norte.example", {"norte", "norte2"}}},
                     {1, {8, 80, "Riverside", "hello@riverside.example", {}}},
                     {2, {9, 90, "Asamblea del Norte", "contacto@norte.example", {"norte"}}}},
                    heard);
}

// A post that is accepted; each test changes one thing.
PostFacts honest() {
  PostFacts facts;
  facts.mail_from = "contacto@norte.example";
  facts.login = "norte";
  facts.lists = {{avisos, avisos.posting_address, true}};
  facts.fields = {{"From", " Asamblea del Norte <contacto@norte.example>"},
                  {"To", " avisos@listas.example"},
                  {"Subject", " Asamblea el jueves"},
                  {"Message-ID", " <1@norte.example>"}};
  return facts;
}

std::string_view rule_of(const PostFacts& facts, const Roll& roll = a_roll(), Instant when = noon) {
  return info(decide(facts, roll, limits, when).rule).word;
}

}  // namespace

TEST_CASE("a designated contact that logged in with its own account posts") {
  const auto verdict = decide(honest(), a_roll(), limits, noon);
  CHECK(info(verdict.rule).word == "proven-by-login");
  CHECK(verdict.answer() == Answer::accept);
  CHECK(verdict.header_from == "contacto@norte.example");
  REQUIRE(verdict.accepted.size() == 1);
  CHECK(verdict.accepted[0].designation.decision_id == 70);
  CHECK(verdict.proof() == "login");
}

TEST_CASE("each change to an honest post is decided by the rule that forbids it") {
  struct Row {
    const char* name;
    const char* rule;
    void (*change)(PostFacts&);
  };
  const auto row = GENERATE(values<Row>({
      {"no guarded recipient", "not-guarded", [](PostFacts& f) { f.lists.clear(); }},
      {"an individual", "not-designated", [](PostFacts& f) { f.fields[0].value = " yo@correo.example"; }},
      {"an individual with a login", "not-designated",
       [](PostFacts& f) { f.fields[0].value = " norte@norte.example"; }},
      {"no login", "not-proven", [](PostFacts& f) { f.login.reset(); }},
      {"the login of another", "wrong-login", [](PostFacts& f) { f.login = "sur"; }},
      {"a login in another spelling", "wrong-login", [](PostFacts& f) { f.login = "Norte"; }},
      {"a second login of the assembly", "proven-by-login", [](PostFacts& f) { f.login = "norte2"; }},
      {"a contact that has no login", "wrong-login",
       [](PostFacts& f) { f.fields[0].value = " hello@riverside.example"; }},
      {"the envelope is of another", "proven-by-login", [](PostFacts& f) { f.mail_from = "x@y.example"; }},
      {"null reverse-path", "automatic-mail", [](PostFacts& f) { f.mail_from.clear(); }},
      {"From missing", "broken-from", [](PostFacts& f) { f.fields.erase(f.fields.begin()); }},
      {"From empty", "broken-from", [](PostFacts& f) { f.fields[0].value = " "; }},
      {"two mailboxes in From", "broken-from",
       [](PostFacts& f) { f.fields[0].value = " contacto@norte.example, x@y.example"; }},
      {"two From fields", "repeated-field",
       [](PostFacts& f) {
         f.fields.push_back({"FROM", " x@y.example"});
       }},
      {"two Subject fields", "repeated-field",
       [](PostFacts& f) {
         f.fields.push_back({"subject", " x"});
       }},
      {"two Received fields", "proven-by-login",
       [](PostFacts& f) {
         f.fields.push_back({"Received", " a"});
         f.fields.push_back({"Received", " b"});
       }},
      {"Sender and Reply-To give no right", "not-designated",
       [](PostFacts& f) {
         f.fields[0].value = " x@y.example";
         f.fields.push_back({"Sender", " contacto@norte.example"});
         f.fields.push_back({"Reply-To", " contacto@norte.example"});
         f.fields.push_back({"Approved", " yes"});
       }},
      {"a vacation reply", "automatic-mail",
       [](PostFacts& f) {
         f.fields.push_back({"Auto-Submitted", " auto-replied; owner=x"});
       }},
      {"Auto-Submitted: no", "proven-by-login",
       [](PostFacts& f) {
         f.fields.push_back({"Auto-Submitted", " No"});
       }},
      {"a delivery report", "automatic-mail",
       [](PostFacts& f) {
         f.fields.push_back({"Content-Type", " multipart/report; boundary=x"});
       }},
      {"a read receipt", "automatic-mail",
       [](PostFacts& f) {
         f.fields.push_back({"Content-Type", " message/disposition-notification"});
       }},
      {"our own List-Id", "automatic-mail",
       [](PostFacts& f) {
         f.fields.push_back({"List-Id", " Avisos <avisos.listas.example>"});
       }},
      {"the List-Id of another", "proven-by-login",
       [](PostFacts& f) {
         f.fields.push_back({"List-Id", " <news.other.example>"});
       }},
      {"a list that the roll does not know", "list-unknown",
       [](PostFacts& f) {
         f.lists = {{std::nullopt, "new@listas.example", true}};
       }},
  }));
  CAPTURE(row.name);
  auto facts = honest();
  row.change(facts);
  CHECK(rule_of(facts) == row.rule);
}

TEST_CASE("without a roll, or with one too old, nobody is accepted and nobody refused for good") {
  CHECK(rule_of(honest(), NoRoll()) == "roll-unavailable");
  auto stranger = honest();
  stranger.fields[0].value = " x@y.example";
  CHECK(rule_of(stranger, NoRoll()) == "roll-unavailable");
  const auto roll = a_roll();
  CHECK(rule_of(honest(), roll, noon + limits.roll_max_age) == "proven-by-login");
  CHECK(rule_of(honest(), roll, noon + limits.roll_max_age + Seconds(1)) == "roll-unavailable");
  CHECK(info(Rule::roll_unavailable).answer == Answer::tempfail);
}

TEST_CASE("a message to two lists gets one answer, and names the list that refused") {
  auto facts = honest();
  facts.lists.push_back({isla, isla.posting_address, true});
  auto verdict = decide(facts, a_roll(), limits, noon);
  CHECK(verdict.answer() == Answer::accept);
  CHECK(verdict.accepted.size() == 2);

  facts.login = "norte2";  // owns the contact on the first list only
  verdict = decide(facts, a_roll(), limits, noon);
  CHECK(info(verdict.rule).word == "wrong-login");
  CHECK(verdict.list == "isla@listas.example");
  CHECK(verdict.accepted.empty());

  facts.lists.push_back({std::nullopt, "new@listas.example", true});
  CHECK(decide(facts, a_roll(), limits, noon).list == "isla@listas.example");
}

TEST_CASE("every rule has one word, one meaning, and codes of the class of its answer") {
  std::set<std::string_view> words;
  for (const RuleInfo& rule : all_rules()) {
    CAPTURE(rule.word);
    CHECK(words.insert(rule.word).second);
    CHECK(find_rule(rule.word) == &rule);
    CHECK(&info(rule.rule) == &rule);
    CHECK_FALSE(rule.meaning.empty());
    if (rule.answer == Answer::pass) {
      CHECK(rule.code.empty());
      continue;
    }
    const char expected = rule.answer == Answer::accept ? '2' : rule.answer == Answer::reject ? '5' : '4';
    REQUIRE_FALSE(rule.code.empty());
    CHECK(rule.code.front() == expected);
    CHECK(rule.enhanced.front() == expected);
  }
  CHECK(find_rule("no-such-rule") == nullptr);
}
