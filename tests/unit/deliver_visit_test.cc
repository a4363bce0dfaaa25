// What the door decides on one message, with a roll in memory, a DKIM library that says what the test wants,
// and a list manager that takes notes.
#include <string>
#include <vector>

#include "adapters/shelf/shelf.h"
#include "adapters/sodium/hash.h"
#include "adapters/sodium/keys.h"
#include "core/policy/marks.h"
#include "core/policy/memory_roll.h"
#include "core/seal/body_canon.h"
#include "deliver/visit.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

const std::string list = "avisos@listas.example";
const Instant noon{Seconds(1795500000)};  // 2026-11-24T06:00:00Z
const std::string body = "Hola\n\ntodas\n";
const std::string header =
    "From: Asamblea <info@norte.example>\n"
    "To: avisos@listas.example\n"
    "Date: Tue, 24 Nov 2026 06:00:00 +0000\n"
    "Message-ID: <1@norte.example>\n";
const std::string dkim_field = "DKIM-Signature: v=1; d=norte.example\n";

DkimSignature good_signature() {
  DkimSignature signature;
  signature.domain = "norte.example";
  signature.algorithm = "rsa-sha256";
  signature.result = DkimResult::pass;
  signature.key_bits = 2048;
  signature.signed_names = {"from", "to", "date", "message-id"};
  signature.signature = "octets";
  signature.body_hash = "hash";
  return signature;
}

class Door {
 public:
  Door() {
    const auto made = make_key(dir_ / "seal.key");
    REQUIRE(made);
    settings.door.memory = dir_ / "seals";
    settings.door.held = dir_ / "held";
    contents.lists = {{1, list, {"es"}, "admin@listas.example", {list, "noticias@listas.example"}, false}};
    contents.contacts = {
        {1, {7, 70, "Asamblea Norte", "info@norte.example", {{"norte"}, {"norte.example"}, false, false}}}};
    contents.seal_keys = {{made->key_id, made->public_key}};
    contents.last_word = noon;
  }

  Result<Delivered> bring(const std::string& octets, const std::string& queue_id = "4ABC",
                          const std::string& to = list) {
    const MemoryRoll memory(contents);
    const NoRoll none;
    const DoorServices services{settings, roll_there ? static_cast<const Roll&>(memory) : none,
                                [this](const Message&, const std::vector<std::string>& domains) {
                                  asked = domains;
                                  return dkim;
                                },
                                [this](const std::string& of_list, const std::vector<std::string>& marks) {
                                  CHECK(of_list == list);
                                  recorded.insert(recorded.end(), marks.begin(), marks.end());
                                }};
    Visit visit(services, {to, to, original_recipient, "info@norte.example", queue_id, {"/bin/list-manager"}},
                octets, Envelope::in_fields, [this](const std::string& message) {
                  taken.push_back(message);
                  return handed;
                });
    return visit.post(now);
  }

  Outcome outcome(const std::string& octets, const std::string& queue_id = "4ABC") {
    const auto delivered = bring(octets, queue_id);
    INFO((delivered ? delivered->what : delivered.error().what));
    REQUIRE(delivered);
    return delivered->outcome;
  }

  std::string seal(const std::vector<std::string>& marks = {},
                   const std::string& nonce = random_hex(16)) const {
    const auto key = SigningKey::load(dir_ / "seal.key");
    REQUIRE(key);
    Sha256 hash;
    BodyHash canon([&](std::string_view piece) { hash.update(piece); });
    canon.update(body);
    canon.finish();
    const SealFacts facts{list, "<1@norte.example>", "info@norte.example", hash.finish(), marks, noon};
    const std::string signature = key->sign(seal_text_to_sign(facts, key->key_id(), nonce));
    return "Portavoz-Seal: " + format_seal({key->key_id(), list, nonce, marks, signature, noon}) + "\n";
  }

  std::vector<HeldPost> held() const {
    const auto shelf = Shelf::open(dir_ / "held", {1000, 1000000});
    REQUIRE(shelf);
    return shelf->list().value();
  }
  // Exactly one post is held.
  HeldPost held_one() const {
    const auto all = held();
    REQUIRE(all.size() == 1);
    return all.front();
  }

  std::string original_recipient;
  Settings settings;
  RollContents contents;
  bool roll_there = true;
  DkimFacts dkim{{good_signature()}, false};
  Handed handed{Handed::Answer::taken, ""};
  Instant now = noon;
  std::vector<std::string> asked;     // signing domains
  std::vector<std::string> taken;     // by the list manager
  std::vector<std::string> recorded;  // marks

 private:
  TempDir dir_;
};

std::vector<std::string> marks() {
  return marks_of({good_signature()}, {{"Message-ID", " <1@norte.example>"}});
}

const std::string signed_post = dkim_field + header + "\n" + body;
const std::string unsigned_post = header + "\n" + body;

const std::string nonce = "0123456789abcdef0123456789abcdef";

std::vector<std::string> and_nonce(std::vector<std::string> marks) {
  marks.push_back(nonce);
  return marks;
}

}  // namespace

TEST_CASE("a signed post that came past the gate goes in once, with our fields for its readers", "[visit]") {
  Door door;
  const auto delivered = door.bring("Portavoz-Proof: forged\n" + signed_post);
  REQUIRE(delivered);
  CHECK(delivered->outcome == Outcome::handed_over);
  CHECK(delivered->what == "the list manager took it (unsealed, proven-by-dkim)");
  CHECK(door.asked == std::vector<std::string>{"norte.example"});
  REQUIRE(door.taken.size() == 1);
  CHECK(door.taken.front() ==
        "Return-Path: <info@norte.example>\nDelivered-To: avisos@listas.example\nX-Original-To: "
        "avisos@listas.example\n"
        "Portavoz-Assembly: Asamblea Norte\n"
        "Portavoz-Designation: list=avisos@listas.example; contact=info@norte.example; decision=70\n"
        "Portavoz-Proof: dkim\n" +
            signed_post);
  CHECK(door.recorded == marks());
  CHECK(door.outcome(signed_post, "4ZZZ") == Outcome::repeated);
  CHECK(door.outcome(signed_post) == Outcome::repeated);
  CHECK(door.taken.size() == 1);
}

TEST_CASE("a signed post to an alias that the register does not know is meant for the list that it leads to",
          "[visit]") {
  const auto to_alias = [](std::string text) {
    return text.replace(text.find(list), list.size(), "vecinas@otra.example");
  };
  Door door;
  door.dkim.signatures = {good_signature()};
  door.original_recipient = "Vecinas@otra.example";
  CHECK(door.outcome(to_alias(header) + dkim_field + "\n" + body) == Outcome::handed_over);
  door.original_recipient = "someone@else.example";
  CHECK(door.outcome(to_alias(header) + dkim_field + "\nanother text\n", "4XYZ") == Outcome::held);
}

TEST_CASE("a sealed copy and an unsealed one of the same signed post are one post", "[visit]") {
  Door door;
  const std::string with_seal = door.seal(marks(), nonce) + signed_post;
  SECTION("the sealed one first") {
    CHECK(door.outcome(with_seal) == Outcome::handed_over);
    CHECK(door.recorded == and_nonce(marks()));
    CHECK(door.outcome(signed_post, "4ZZZ") == Outcome::repeated);
  }
  SECTION("the unsealed one first") {
    CHECK(door.outcome(signed_post) == Outcome::handed_over);
    CHECK(door.outcome(with_seal, "4ZZZ") == Outcome::repeated);
  }
  SECTION("sealed again, by a second gate that did not know yet") {
    CHECK(door.outcome(with_seal) == Outcome::handed_over);
    CHECK(door.outcome(door.seal(marks()) + signed_post, "4ZZZ") == Outcome::repeated);
  }
  CHECK(door.taken.size() == 1);
  CHECK(door.held().empty());
}

TEST_CASE("what the register says was posted is a repetition at every door", "[visit]") {
  Door door;
  door.contents.marks = {{1, marks().back()}};
  CHECK(door.outcome(signed_post) == Outcome::repeated);
  CHECK(door.outcome(door.seal(marks()) + signed_post) == Outcome::repeated);
  CHECK(door.taken.empty());
  CHECK(door.held().empty());
}

TEST_CASE("a post that was sealed for a login is handed over, and its seal is known at every other door",
          "[visit]") {
  Door door;
  const std::string mail = door.seal({}, nonce) + unsigned_post;
  CHECK(door.outcome(mail) == Outcome::handed_over);
  CHECK(door.recorded == std::vector<std::string>{nonce});
  CHECK(door.asked.empty());

  Door other;
  other.contents.seal_keys = door.contents.seal_keys;
  CHECK(other.outcome(door.seal({}, random_hex(16)) + unsigned_post) == Outcome::handed_over);
  other.contents.marks = {{1, nonce}};
  CHECK(other.outcome(mail, "4ZZZ") == Outcome::repeated);
  CHECK(other.taken.size() == 1);
}

TEST_CASE("what is not proven is kept aside with the rule that decided", "[visit]") {
  Door door;
  std::string mail = signed_post;
  std::string reason = "unsealed";
  std::string rule;
  std::string contact = "info@norte.example";
  SECTION("not signed") {
    mail = unsigned_post;
    rule = "not-proven";
  }
  SECTION("the signature is broken") {
    door.dkim.signatures.front().result = DkimResult::fail;
    rule = "dkim-failed";
  }
  SECTION("not meant for this list") {
    door.dkim.signatures.front().signed_names = {"from", "date"};
    rule = "not-for-this-list";
  }
  SECTION("only a person can judge it, on a list that wants that") {
    door.contents.lists.front().holds_unproven = true;
    door.dkim.signatures.front().signed_names = {"from", "date"};
    rule = "needs-confirmation";
  }
  SECTION("by a stranger") {
    mail = "From: x@evil.example\n\nb\n";
    rule = "not-designated";
    contact = "";
  }
  SECTION("without From") {
    mail = "Subject: x\n\nb\n";
    rule = "broken-from";
    contact = "";
  }
  SECTION("the list's own mail, come back") {
    mail = "List-Id: <avisos.listas.example>\n" + signed_post;
    rule = "automatic-mail";
    contact = "";
  }
  SECTION("with a seal that was changed on the way") {
    mail = door.seal() + unsigned_post + "more\n";
    reason = "seal-forged";
    rule = "not-proven";
  }
  CHECK(door.outcome(mail) == Outcome::held);
  const HeldPost post = door.held_one();
  CHECK(post.reason == reason);
  CHECK(post.detail.find(rule + ": ") == 0);
  CHECK(post.contact == contact);
  CHECK(post.argv == std::vector<std::string>{"/bin/list-manager"});
  CHECK(door.taken.empty());
  CHECK(door.recorded.empty());
}

TEST_CASE("a seal that is none does not keep a proven post out", "[visit]") {
  Door door;
  SECTION("changed on the way") {
    CHECK(door.outcome(door.seal(marks()) + dkim_field + header + "\n" + body + "footer\n") ==
          Outcome::handed_over);
  }
  SECTION("expired") {
    const std::string mail = door.seal(marks()) + signed_post;
    door.now = noon + std::chrono::hours(145);
    door.contents.last_word = door.now;
    door.settings.door.seal_lifetime = std::chrono::hours(144);
    CHECK(door.outcome(mail) == Outcome::handed_over);
  }
  SECTION("by a key that was retired") {
    const std::string mail = door.seal(marks()) + signed_post;
    door.contents.seal_keys.clear();
    CHECK(door.outcome(mail) == Outcome::handed_over);
  }
  REQUIRE(door.taken.size() == 1);
  CHECK(door.taken.front().find("Portavoz-Seal") == std::string::npos);
  CHECK(door.taken.front().find("Portavoz-Proof: dkim\n") != std::string::npos);
}

TEST_CASE("what cannot be known now waits", "[visit]") {
  Door door;
  std::string mail = signed_post;
  std::string word = "roll-unavailable";
  SECTION("no roll, unsealed") { door.roll_there = false; }
  SECTION("no roll, sealed") {
    mail = door.seal() + mail;
    door.roll_there = false;
  }
  SECTION("the roll is too old, even for a sealed post: its key may be retired") {
    mail = door.seal() + mail;
    door.contents.last_word = noon - door.settings.roll.max_age - Seconds(1);
  }
  SECTION("the roster counts no more, even for a sealed post") {
    mail = door.seal() + mail;
    door.contents.last_word.of_roster = true;
    door.contents.last_word.valid_until = noon;
  }
  SECTION("the roll has no such list") {
    mail = door.seal() + mail;
    door.contents.lists.clear();
    word = "list-unknown";
  }
  SECTION("the contact's domain was gone, unsealed") {
    door.contents.contacts.front().designation.domain_gone = true;
    word = "domain-gone";
  }
  SECTION("the key of the signature") {
    door.dkim.signatures.front().result = DkimResult::unavailable;
    word = "dkim-unavailable";
  }
  const auto waits = door.bring(mail);
  REQUIRE_FALSE(waits);
  CHECK(waits.error().kind == ErrorKind::unavailable);
  CHECK(waits.error().what.find(word + ": ") == 0);
  CHECK(door.taken.empty());
  CHECK(door.held().empty());
}

TEST_CASE("a door that was told an alias knows the seal for the posting address", "[visit]") {
  Door door;
  const auto delivered = door.bring(door.seal() + unsigned_post, "4ABC", "noticias@listas.example");
  REQUIRE(delivered);
  CHECK(delivered->outcome == Outcome::handed_over);
}

TEST_CASE("while the list manager takes nothing a post waits, keeps its place and leaves no marks",
          "[visit]") {
  Door door;
  const bool sealed = GENERATE(true, false);
  const std::string mail = sealed ? door.seal(marks(), nonce) + signed_post : signed_post;
  door.handed = {Handed::Answer::later, "the list manager is away"};
  CHECK_FALSE(door.bring(mail, "4ABC"));
  const auto copy = door.bring(signed_post, "4ZZZ");
  REQUIRE_FALSE(copy);
  CHECK(copy.error().what.find("seal-taken: 4ABC") == 0);
  CHECK(door.recorded.empty());
  door.handed = {Handed::Answer::taken, ""};
  CHECK(door.outcome(mail, "4ABC") == Outcome::handed_over);
  CHECK(door.outcome(signed_post, "4ZZZ") == Outcome::repeated);
  CHECK(door.recorded == (sealed ? and_nonce(marks()) : marks()));
}

TEST_CASE("what the list manager refuses for good is kept in its contact's name, and so do its copies end",
          "[visit]") {
  Door door;
  const bool sealed = GENERATE(true, false);
  const std::string mail = sealed ? door.seal(marks(), nonce) + signed_post : signed_post;
  door.handed = {Handed::Answer::refused, "the list manager says no"};
  CHECK(door.outcome(mail, "4ABC") == Outcome::held);
  CHECK(door.held_one().reason == "list-manager-refused");
  CHECK(door.held_one().detail == "the list manager says no");
  CHECK(door.held_one().contact == "info@norte.example");
  CHECK(door.recorded.empty());
  CHECK(door.outcome(signed_post, "4ZZZ") == Outcome::repeated);
  CHECK(door.held().size() == 1);
}

TEST_CASE("a flood of spams by an alias fills its part of the shelf and hinder no post", "[visit]") {
  Door door;
  door.settings.door.held_max_posts = 8;
  int waiting = 0;
  for (int i = 0; i < 20; ++i)
    if (!door.bring("From: x@evil.example\nSubject: " + std::to_string(i) + "\n\nspam\n",
                    "4S" + std::to_string(i)))
      ++waiting;
  CHECK(door.held().size() == 6);
  CHECK(waiting == 14);
  CHECK(door.outcome(door.seal() + unsigned_post, "4AAA") == Outcome::handed_over);
  CHECK(door.outcome(signed_post, "4BBB") == Outcome::handed_over);
  CHECK(door.outcome(header + "Subject: late\n\nunsigned\n", "4CCC") == Outcome::held);
}
