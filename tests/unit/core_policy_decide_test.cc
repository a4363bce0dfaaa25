#include <set>

#include "core/policy/decide.h"
#include "core/policy/memory_roll.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const Instant noon{Seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z
const DecideLimits limits{std::chrono::hours(72)};

const GuardedList avisos{1,
                         "avisos@listas.example",
                         {"es", "en"},
                         "admins@listas.example",
                         {"avisos@listas.example", "todos@listas.example"},
                         false};
const GuardedList isla{2, "isla@listas.example", {"es"}, "", {"isla@listas.example"}, true};

RollContents contents(Instant heard = noon) {
  RollContents roll;
  roll.lists = {avisos, isla};
  roll.contacts = {
      {1,
       {7,
        70,
        "Asamblea del Norte",
        "contacto@norte.example",
        {{"norte", "norte2"}, {"norte.example"}, false, false}}},
      {1, {8, 80, "Riverside", "hello@riverside.example", {{}, {"riverside.example"}, false, false}}},
      {1, {10, 100, "Rio", "rio@rio.example", {{}, {}, true, false}}},
      {1, {11, 110, "Centro", "centro@correo.example", {{}, {"correo.example"}, false, true}}},
      {2,
       {9, 90, "Asamblea del Norte", "contacto@norte.example", {{"norte"}, {"norte.example"}, true, false}}},
      {2, {12, 120, "Centro", "centro@correo.example", {{}, {"correo.example"}, false, true}}},
      {2, {13, 130, "Vieja", "vieja@vieja.example", {}}},
      {2, {14, 140, "Rio", "rio@rio.example", {{}, {}, true, false}}},
  };
  roll.last_word = heard;
  return roll;
}

MemoryRoll a_roll(Instant heard = noon) { return MemoryRoll(contents(heard)); }

// A post that is accepted; each test changes one thing.
PostFacts honest() {
  PostFacts facts;
  facts.mail_from = "contacto@norte.example";
  facts.login = "norte";
  facts.client = IpAddress::v4(0xC000020AU);
  facts.lists = {{avisos, avisos.posting_address, true}};
  facts.fields = {{"From", " Asamblea del Norte <contacto@norte.example>"},
                  {"To", " avisos@listas.example"},
                  {"Subject", " Asamblea el jueves"},
                  {"Message-ID", " <1@norte.example>"},
                  {"Date", " Fri, 15 Jan 2027 08:00:00 +0000"}};
  return facts;
}

// The same without a login, but signed; what the signature is worth is found out already.
PostFacts signed_post() {
  PostFacts facts = honest();
  facts.login.reset();
  facts.fields.push_back({"DKIM-Signature", " v=1; d=norte.example; …"});
  DkimSignature signature;
  signature.domain = "norte.example";
  signature.selector = "s1";
  signature.algorithm = "rsa-sha256";
  signature.result = DkimResult::pass;
  signature.key_bits = 2048;
  signature.signed_names = {"from", "to", "cc", "date", "message-id"};
  signature.signature = "signature 1";
  signature.body_hash = "hash 1";
  facts.dkim = DkimFacts{{signature}, false};
  return facts;
}

Verdict decided(const PostFacts& facts, const Roll& roll = a_roll(), Instant when = noon) {
  auto answer = decide(facts, roll, limits, when);
  REQUIRE(std::holds_alternative<Verdict>(answer));
  return std::get<Verdict>(answer);
}

std::string rule_of(const PostFacts& facts, const Roll& roll = a_roll(), Instant when = noon) {
  const auto answer = decide(facts, roll, limits, when);
  if (const auto* question = std::get_if<Question>(&answer))
    return question->about == Question::About::dkim ? "asks for DKIM" : "asks for SPF";
  return std::string(info(std::get<Verdict>(answer).rule).word);
}

SpfAnswer spf(SpfResult result, bool open = false) { return {result, "ip4:192.0.2.10", open, 0, "said so"}; }

// The post of another contact on a list, signed by its domain.
PostFacts of(const std::string& address, const GuardedList& list) {
  PostFacts facts = signed_post();
  facts.mail_from = address;
  facts.fields[0].value = " " + address;
  facts.fields[1].value = " " + list.posting_address;
  facts.lists = {{list, list.posting_address, true}};
  facts.dkim->signatures[0].domain = address.substr(address.find('@') + 1);
  return facts;
}

}  // namespace

TEST_CASE("a designated contact that logged in with its own account posts") {
  const auto verdict = decided(honest());
  CHECK(info(verdict.rule).word == "proven-by-login");
  CHECK(verdict.answer() == Answer::accept);
  CHECK(verdict.header_from == "contacto@norte.example");
  REQUIRE(verdict.accepted.size() == 1);
  CHECK(verdict.accepted[0].designation.decision_id == 70);
  CHECK(proof_of(verdict.accepted[0].rule) == "login");
  CHECK(verdict.accepted[0].marks.empty());
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
      {"a mail program that answers by itself", "automatic-mail",
       [](PostFacts& f) {
         f.fields.push_back({"Precedence", " Auto_Reply"});
       }},
      {"mail in bulk", "proven-by-login",
       [](PostFacts& f) {
         f.fields.push_back({"Precedence", " bulk"});
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
  RollContents of_roster = contents();
  of_roster.last_word.of_roster = true;
  CHECK(rule_of(honest(), MemoryRoll(of_roster), noon + 2 * limits.roll_max_age) == "proven-by-login");
  of_roster.last_word.valid_until = noon;
  CHECK(rule_of(honest(), MemoryRoll(of_roster), noon - Seconds(1)) == "proven-by-login");
  CHECK(rule_of(honest(), MemoryRoll(of_roster), noon) == "roll-unavailable");
  CHECK(info(Rule::roll_unavailable).answer == Answer::tempfail);
}

TEST_CASE(
    "a contact whose domain was gone waits for an admin, whatever proves its posts, and others do not") {
  RollContents roll = contents();
  for (RollContact& row : roll.contacts)
    row.designation.domain_gone = row.designation.address.ends_with("@norte.example") && row.list_id == 1;
  const MemoryRoll gone(roll);
  auto wrong_login = honest();
  wrong_login.login = "sur";
  auto unproven = honest();
  unproven.login.reset();
  auto unread = signed_post();
  unread.dkim.reset();  // the key is not even asked for: a stranger's domain would answer
  for (const PostFacts& facts : {honest(), signed_post(), wrong_login, unproven, unread})
    CHECK(rule_of(facts, gone) == "domain-gone");
  CHECK(decided(honest(), gone).answer() == Answer::tempfail);
  CHECK(decided(honest(), gone).detail.find("norte.example") == 0);
  CHECK(rule_of(of("hello@riverside.example", avisos), gone) == "proven-by-dkim");
  auto elsewhere = honest();
  elsewhere.lists = {{isla, isla.posting_address, true}};
  elsewhere.fields[1].value = " isla@listas.example";
  CHECK(rule_of(elsewhere, gone) == "proven-by-login");
}

TEST_CASE("a message to two lists gets one answer, and names the list that refused") {
  auto facts = honest();
  facts.lists.push_back({isla, isla.posting_address, true});
  auto verdict = decided(facts);
  CHECK(verdict.answer() == Answer::accept);
  CHECK(verdict.accepted.size() == 2);

  facts.login = "norte2";  // owns the contact on the first list only
  verdict = decided(facts);
  CHECK(info(verdict.rule).word == "wrong-login");
  CHECK(verdict.list == "isla@listas.example");
  CHECK(verdict.accepted.empty());

  facts.lists.push_back({std::nullopt, "new@listas.example", true});
  CHECK(decided(facts).list == "isla@listas.example");
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
    const char expected = rule.answer == Answer::reject ? '5' : rule.answer == Answer::tempfail ? '4' : '2';
    REQUIRE_FALSE(rule.code.empty());
    CHECK(rule.code.front() == expected);
    CHECK(rule.enhanced.front() == expected);
  }
  CHECK(find_rule("no-such-rule") == nullptr);
}

TEST_CASE("a signed post is accepted, and each change to it is decided by the rule that forbids it") {
  struct Row {
    const char* name;
    const char* rule;
    void (*change)(PostFacts&);
  };
  const auto row = GENERATE(values<Row>({
      {"as it is", "proven-by-dkim", [](PostFacts&) {}},
      {"an ed25519 key", "proven-by-dkim",
       [](PostFacts& f) {
         f.dkim->signatures[0].algorithm = "ed25519-sha256";
         f.dkim->signatures[0].key_bits = 256;
       }},
      {"from another envelope sender", "proven-by-dkim", [](PostFacts& f) { f.mail_from = "b@esp.example"; }},
      {"at the door, where no client is known", "proven-by-dkim", [](PostFacts& f) { f.client.reset(); }},
      {"addressed to an alias of the list", "proven-by-dkim",
       [](PostFacts& f) { f.fields[1].value = " Todos <TODOS@listas.example>, x@y.example"; }},
      {"the list in Cc", "proven-by-dkim",
       [](PostFacts& f) {
         f.fields[1].value = " x@y.example";
         f.fields.push_back({"Cc", " g: avisos@listas.example;"});
       }},
      {"not looked at yet", "asks for DKIM", [](PostFacts& f) { f.dkim.reset(); }},
      {"not signed at all", "not-proven",
       [](PostFacts& f) {
         f.dkim.reset();
         f.fields.pop_back();
       }},
      {"signed by nobody who counts", "not-proven", [](PostFacts& f) { f.dkim->signatures.clear(); }},
      {"signed by a parent domain", "not-proven",
       [](PostFacts& f) { f.dkim->signatures[0].domain = "example"; }},
      {"signed by a subdomain", "not-proven",
       [](PostFacts& f) { f.dkim->signatures[0].domain = "mail.norte.example"; }},
      {"a broken signature", "dkim-failed",
       [](PostFacts& f) { f.dkim->signatures[0].result = DkimResult::fail; }},
      {"rsa-sha1", "dkim-failed", [](PostFacts& f) { f.dkim->signatures[0].algorithm = "rsa-sha1"; }},
      {"a key of 1023 bits", "dkim-failed", [](PostFacts& f) { f.dkim->signatures[0].key_bits = 1023; }},
      {"a test key", "dkim-failed", [](PostFacts& f) { f.dkim->signatures[0].test_key = true; }},
      {"l= in the signature", "dkim-failed",
       [](PostFacts& f) { f.dkim->signatures[0].whole_body = false; }},
      {"the key cannot be looked up", "dkim-unavailable",
       [](PostFacts& f) { f.dkim->signatures[0].result = DkimResult::unavailable; }},
      {"one key is unavailable, another signature holds", "proven-by-dkim",
       [](PostFacts& f) {
         f.dkim->signatures.insert(f.dkim->signatures.begin(), f.dkim->signatures[0]);
         f.dkim->signatures[0].result = DkimResult::unavailable;
       }},
      {"one signature is broken, another holds", "proven-by-dkim",
       [](PostFacts& f) {
         f.dkim->signatures.insert(f.dkim->signatures.begin(), f.dkim->signatures[0]);
         f.dkim->signatures[0].result = DkimResult::fail;
       }},
      {"the list is not in To, and SPF not looked at", "asks for SPF",
       [](PostFacts& f) { f.fields[1].value = " member@norte.example"; }},
      {"the list is not in To, and SPF fails", "not-for-this-list",
       [](PostFacts& f) {
         f.fields[1].value = " member@norte.example";
         f.spf = spf(SpfResult::fail);
       }},
      {"the list is not in To, and SPF passes for the contact", "proven-by-dkim",
       [](PostFacts& f) {
         f.fields[1].value = " member@norte.example";
         f.spf = spf(SpfResult::pass);
       }},
      {"the list is not in To, and SPF lets everybody in", "not-for-this-list",
       [](PostFacts& f) {
         f.fields[1].value = " member@norte.example";
         f.spf = spf(SpfResult::pass, true);
       }},
      {"the list is not in To, and SPF passes for a neighbour", "not-for-this-list",
       [](PostFacts& f) {
         f.fields[1].value = " member@norte.example";
         f.mail_from = "member@norte.example";
         f.spf = spf(SpfResult::pass);
       }},
      {"the list is not in To, and SPF cannot be looked up", "spf-unavailable",
       [](PostFacts& f) {
         f.fields[1].value = " member@norte.example";
         f.spf = spf(SpfResult::temperror);
       }},
      {"the list is not in To, at the door", "not-for-this-list",
       [](PostFacts& f) {
         f.fields[1].value = " member@norte.example";
         f.client.reset();
       }},
      {"To is not signed, at the door", "not-for-this-list",
       [](PostFacts& f) {
         f.dkim->signatures[0].signed_names = {"from", "date"};
         f.client.reset();
       }},
      {"seven days old", "proven-by-dkim",
       [](PostFacts& f) { f.fields[4].value = " Fri, 8 Jan 2027 08:00:00 +0000"; }},
      {"seven days and a second old", "too-old",
       [](PostFacts& f) { f.fields[4].value = " Fri, 8 Jan 2027 07:59:59 +0000"; }},
      {"a clock that is a day ahead", "proven-by-dkim",
       [](PostFacts& f) { f.fields[4].value = " Sat, 16 Jan 2027 08:00:00 +0000"; }},
      {"of the day after tomorrow", "too-old",
       [](PostFacts& f) { f.fields[4].value = " Sun, 17 Jan 2027 08:00:00 +0000"; }},
      {"no Date", "too-old", [](PostFacts& f) { f.fields[4].name = "X-Date"; }},
      {"a Date that is none", "too-old", [](PostFacts& f) { f.fields[4].value = " yesterday"; }},
      {"Date not signed", "too-old",
       [](PostFacts& f) { f.dkim->signatures[0].signed_names = {"from", "to"}; }},
      {"one signature for To, another for Date", "too-old",
       [](PostFacts& f) {
         f.dkim->signatures.push_back(f.dkim->signatures[0]);
         f.dkim->signatures[0].signed_names = {"from", "to"};
         f.dkim->signatures[1].signed_names = {"from", "date"};
         f.spf = spf(SpfResult::fail);
         f.fields[4].value = " Fri, 1 Jan 2027 07:59:59 +0000";
       }},
      {"logged in as another", "wrong-login", [](PostFacts& f) { f.login = "sur"; }},
  }));
  CAPTURE(row.name);
  auto facts = signed_post();
  row.change(facts);
  CHECK(rule_of(facts) == row.rule);
}

TEST_CASE("what a designation counts as proof decides, and not what a message happens to have") {
  SECTION("SPF alone, where the designation lets it count") {
    auto facts = of("rio@rio.example", avisos);
    CHECK(rule_of(facts) == "asks for SPF");
    facts.spf = spf(SpfResult::pass);
    CHECK(rule_of(facts) == "proven-by-spf");
    facts.spf = spf(SpfResult::pass, true);
    CHECK(rule_of(facts) == "spf-failed");
    for (const SpfResult result :
         {SpfResult::none, SpfResult::neutral, SpfResult::fail, SpfResult::softfail, SpfResult::permerror}) {
      facts.spf = spf(result);
      CHECK(rule_of(facts) == "spf-failed");
    }
    facts.spf = spf(SpfResult::temperror);
    CHECK(rule_of(facts) == "spf-unavailable");
    facts.spf = spf(SpfResult::pass);
    facts.mail_from = "neighbour@rio.example";
    CHECK(rule_of(facts) == "spf-failed");
  }
  SECTION("a contact whose signature counts is not proven by SPF") {
    auto facts = of("hello@riverside.example", avisos);
    facts.dkim->signatures.clear();
    facts.spf = spf(SpfResult::pass);
    CHECK(rule_of(facts) == "not-proven");
  }
  SECTION("a provider that strangers share: the signature and SPF for the same mailbox") {
    auto facts = of("centro@correo.example", avisos);
    CHECK(rule_of(facts) == "asks for SPF");
    facts.spf = spf(SpfResult::pass);
    CHECK(rule_of(facts) == "proven-by-dkim");
    facts.mail_from = "stranger@correo.example";
    CHECK(rule_of(facts) == "shared-provider");
    facts.client.reset();
    CHECK(rule_of(facts) == "shared-provider");
  }
  SECTION("an unsigned post of a contact with a signing domain asks for nothing") {
    auto facts = of("hello@riverside.example", avisos);
    facts.fields.pop_back();
    facts.dkim.reset();
    CHECK(rule_of(facts) == "not-proven");
  }
}

TEST_CASE("nothing is asked about what is no post by a designated contact, or is refused anyway") {
  auto facts = signed_post();
  facts.dkim.reset();
  REQUIRE(rule_of(facts) == "asks for DKIM");
  SECTION("a stranger") { facts.fields[0].value = " x@y.example"; }
  SECTION("two Subject fields") { facts.fields.push_back({"Subject", " x"}); }
  SECTION("a vacation reply") { facts.fields.push_back({"Auto-Submitted", " auto-replied"}); }
  SECTION("no list at all") { facts.lists.clear(); }
  SECTION("a second list that refuses") {
    facts.fields[0].value = " hello@riverside.example";
    facts.lists.push_back({isla, isla.posting_address, true});
  }
  CHECK(std::holds_alternative<Verdict>(decide(facts, a_roll(), limits, noon)));
}

TEST_CASE("what several lists want to know is asked once") {
  auto roll = contents();
  roll.contacts[4].designation.proof.signing_domains = {"esp.example", "norte.example"};
  auto facts = signed_post();
  facts.dkim.reset();
  facts.lists.push_back({isla, isla.posting_address, true});
  const auto answer = decide(facts, MemoryRoll(roll), limits, noon);
  REQUIRE(std::holds_alternative<Question>(answer));
  CHECK(std::get<Question>(answer).signing_domains ==
        std::vector<std::string>{"norte.example", "esp.example"});
}

TEST_CASE("a list that wants it keeps aside what only a person can judge, and only that") {
  auto facts = of("vieja@vieja.example", isla);
  CHECK(rule_of(facts) == "needs-confirmation");
  CHECK(decided(facts).answer() == Answer::hold);
  CHECK(decided(facts).detail.find("nothing is recorded") != std::string::npos);

  facts = of("centro@correo.example", isla);
  facts.spf = spf(SpfResult::none);
  CHECK(rule_of(facts) == "needs-confirmation");
  facts.dkim->signatures.clear();
  CHECK(rule_of(facts) == "not-proven");

  facts = of("contacto@norte.example", isla);
  facts.spf = spf(SpfResult::fail);
  facts.fields[4].value = " Fri, 1 Jan 2027 08:00:00 +0000";
  CHECK(rule_of(facts) == "needs-confirmation");
  facts.dkim->signatures[0].result = DkimResult::fail;
  CHECK(rule_of(facts) == "dkim-failed");

  SECTION("SPF alone counts, and a relay of ours stands in between") {
    auto relayed = of("rio@rio.example", isla);
    relayed.client.reset();
    CHECK(rule_of(relayed) == "needs-confirmation");
  }
  SECTION("without a door it would not be kept anywhere, so it is refused") {
    const DecideLimits no_door{limits.roll_max_age, false};
    const auto answer = decide(of("vieja@vieja.example", isla), a_roll(), no_door, noon);
    CHECK(info(std::get<Verdict>(answer).rule).word == "not-proven");
  }
}

TEST_CASE("a signed post goes to each list once, also when a signature was taken away") {
  auto facts = signed_post();
  facts.dkim->signatures.push_back(facts.dkim->signatures[0]);
  facts.dkim->signatures[1].signature = "signature 2";
  const auto verdict = decided(facts);
  REQUIRE(verdict.accepted.size() == 1);
  const auto marks = verdict.accepted[0].marks;
  CHECK(marks.size() == 3);  // two signatures, and the one Message-ID with its body

  auto roll = contents();
  for (const std::string& mark : marks) roll.marks.push_back({1, mark});
  CHECK(rule_of(facts, MemoryRoll(roll)) == "already-posted");
  auto copy = facts;
  copy.dkim->signatures.erase(copy.dkim->signatures.begin());
  CHECK(rule_of(copy, MemoryRoll(roll)) == "already-posted");
  copy.dkim->signatures[0].signature = "signed again";
  CHECK(rule_of(copy, MemoryRoll(roll)) == "already-posted");
  copy.dkim->signatures[0].body_hash = "hash 2";
  CHECK(rule_of(copy, MemoryRoll(roll)) == "proven-by-dkim");
  copy = facts;
  copy.lists = {{isla, isla.posting_address, true}};
  copy.fields[1].value = " isla@listas.example";
  CHECK(rule_of(copy, MemoryRoll(roll)) == "proven-by-dkim");
  CHECK(rule_of(honest(), MemoryRoll(roll)) == "proven-by-login");
}

TEST_CASE("a signed post that a login or SPF proves does not come again by its signature") {
  auto facts = signed_post();
  facts.fields.back().value =
      " v=1; a=rsa-sha256; c=relaxed/relaxed; d=norte.example; s=s1; h=from:to:date; bh=aGFzaA==; b=c2lnbmVk";
  facts.login = "norte";
  facts.dkim.reset();
  const auto marks = decided(facts).accepted.at(0).marks;
  REQUIRE(marks.size() == 1);

  auto replay = signed_post();
  replay.dkim->signatures[0].signature = "signed";
  auto roll = contents();
  roll.marks = {{1, marks[0]}};
  CHECK(rule_of(replay, MemoryRoll(roll)) == "already-posted");

  auto by_spf = of("contacto@norte.example", isla);
  by_spf.dkim->signatures[0].result = DkimResult::unavailable;
  by_spf.spf = spf(SpfResult::pass);
  CHECK(rule_of(by_spf) == "proven-by-spf");
  CHECK_FALSE(decided(by_spf).accepted.at(0).marks.empty());
}

TEST_CASE("a post to two lists is sealed for the one that takes it and kept aside for the other") {
  auto facts = signed_post();
  facts.fields[1].value = " avisos@listas.example";
  facts.lists.push_back({isla, isla.posting_address, true});
  facts.client.reset();
  const auto verdict = decided(facts);
  CHECK(info(verdict.rule).word == "needs-confirmation");
  CHECK(verdict.list == "isla@listas.example");
  REQUIRE(verdict.accepted.size() == 1);
  CHECK(verdict.accepted[0].list.posting_address == "avisos@listas.example");
}

TEST_CASE("a verdict tells each rule that was looked at, the last one decided") {
  auto facts = signed_post();
  const auto verdict = decided(facts);
  std::string words;
  for (const Step& step : verdict.steps)
    words += std::string(info(step.rule).word) + (step.decided ? "! " : " ");
  CHECK(words ==
        "repeated-field broken-from automatic-mail not-designated domain-gone wrong-login already-posted "
        "proven-by-dkim! ");
}
