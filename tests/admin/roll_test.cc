// `portavoz roll` on a host without a register: a roster becomes the roll, or nothing is written.
#include <filesystem>

#include "adapters/lmdb/roll_file.h"
#include "adapters/os/clock.h"
#include "adapters/sodium/keys.h"
#include "tests/admin/host.h"

using namespace portavoz::test;
using portavoz::LmdbRoll;
using portavoz::MailAddress;

namespace {

bool has(const std::string& text, const std::string& part) {
  return unwrapped(text).find(part) != std::string::npos;
}

const std::string head = "assembly,list,address,logins,languages\n";
const std::string norte = "Asamblea del Norte,avisos@listas.example,info@norte.example,norte,es;en\n";
const std::string sur = "Asamblea del Sur,avisos@listas.example,sur@sur.example,,\n";

// It begins with the roll that the tests' host has: of a register, with one list.
struct Small {
  Small() { host.without_register(); }
  Ran build(const std::string& roster) const {
    return host.run({"roll", "build", host.write("roster.csv", roster)});
  }
  nlohmann::json built(const std::string& roster) const {
    const Ran ran = host.run({"roll", "build", host.write("roster.csv", roster), "--json"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return ran.json();
  }
  std::unique_ptr<LmdbRoll> roll() const { return must(LmdbRoll::open(host.path("roll"))); }
  bool may_post(const std::string& address) const {
    const auto list = roll()->list_at("avisos@listas.example");
    REQUIRE(list.found());
    return roll()->designation(list.value().id, must(MailAddress::parse(address))).found();
  }
  Host host;
};

}  // namespace

TEST_CASE("a roster becomes the roll, with the public half of the gate's key") {
  const Small small;
  const Ran shown = small.build(head + norte + sur);
  INFO(shown.err);
  CHECK(shown.status == 0);
  CHECK(has(shown.out, "lists                1"));
  CHECK(has(shown.out, "designated contacts  2"));
  CHECK(has(shown.out, "it has no age"));
  CHECK(small.may_post("info@norte.example"));
  CHECK(small.may_post("sur@sur.example"));
  const auto key = must(portavoz::SigningKey::load(small.host.path("seal.key")));
  CHECK(small.roll()->seal_key(key.key_id()).value() == key.public_key());
  CHECK(small.roll()->last_word()->of_roster);

  const auto numbers = small.built(head + norte);
  CHECK(numbers.at("contacts") == 1);
  CHECK(numbers.at("seal_keys") == nlohmann::json::array({key.key_id()}));
  CHECK(numbers.at("valid_until").is_null());
  CHECK(numbers.at("decides") == true);
  CHECK(small.may_post("info@norte.example"));
  CHECK_FALSE(small.may_post("sur@sur.example"));
}

TEST_CASE("who has the roll open sees the new one at the next question") {
  const Small small;
  small.built(head + norte + sur);
  const auto roll = small.roll();  // open while another process writes
  const auto list = roll->list_at("avisos@listas.example").value();
  const auto address = must(MailAddress::parse("sur@sur.example"));
  CHECK(roll->designation(list.id, address).found());
  small.built(head + norte);
  CHECK(roll->designation(list.id, address).absent());
}

TEST_CASE("with one mistake nothing is written, and every mistake is shown with its line") {
  const Small small;
  small.built(head + norte);
  const auto before = small.roll()->last_word();
  const Ran refused =
      small.build(head + sur + "Este,avisos@listas.example,nobody,,\nX,avisos@listas.example,x@co.uk,,xx\n");
  CHECK(refused.status == 65);
  CHECK(refused.out.empty());
  const std::string file = small.host.path("roster.csv");
  CHECK(has(refused.err, file + ":3: address: "));
  CHECK(has(refused.err, file + ":4: languages: there is no wording in 'xx'; give one of: en, es"));
  CHECK(has(refused.err, file + ":4: signing_domains: 'co.uk' is a public suffix"));
  CHECK(has(refused.err, "Nothing was written"));
  CHECK(small.may_post("info@norte.example"));
  CHECK_FALSE(small.may_post("sur@sur.example"));
  CHECK(small.roll()->last_word() == before);
}

TEST_CASE("a roster that is not there, or a key that is not, writes nothing") {
  const Small small;
  CHECK(small.host.run({"roll", "build", "/nonexistent.csv"}).status == 66);
  std::filesystem::remove(small.host.path("seal.key"));
  const Ran refused = small.build(head + norte);
  CHECK(refused.status == 66);
  CHECK(has(refused.err, "seal make-key"));
  CHECK_FALSE(small.roll()->last_word()->of_roster);
}

TEST_CASE("while a key is changed the roll has both, and afterwards one") {
  const Small small;
  const auto secret = [&](const char* beside) { return small.host.path("seal.key") + beside; };
  const auto next = must(portavoz::make_key(secret(".next")));
  const std::string old = small.host.contents.seal_keys.front().key_id;
  CHECK(small.built(head + norte).at("seal_keys") == nlohmann::json::array({old, next.key_id}));
  std::filesystem::rename(secret(""), secret(".old"));
  std::filesystem::rename(secret(".next"), secret(""));
  CHECK(small.built(head + norte).at("seal_keys") == nlohmann::json::array({next.key_id, old}));
  std::filesystem::remove(secret(".old"));
  CHECK(small.built(head + norte).at("seal_keys") == nlohmann::json::array({next.key_id}));
  CHECK(small.roll()->seal_key(old).absent());
}

TEST_CASE("what went to a list before stays known, also from the days of a register") {
  Small small;
  const std::string mark(32, 'a');
  small.host.contents.marks = {{1, mark}};
  small.host.write_roll(small.host.contents);
  for (int times = 0; times < 2; ++times) {
    small.built(head + norte);
    const auto list = small.roll()->list_at("avisos@listas.example").value();
    CHECK(list.id != 1);
    CHECK(small.roll()->was_posted(list.id, mark).value());
  }
}

TEST_CASE("a roll that cannot be read is built anew, and that is said") {
  const Small small;
  small.host.write("roll/data.mdb", "no roll");
  const Ran built = small.build(head + norte);
  INFO(built.err);
  CHECK(built.status == 0);
  CHECK(has(built.out, "could not be read"));
  CHECK(small.may_post("info@norte.example"));
  CHECK_FALSE(has(small.build(head + norte).out, "could not be read"));
}

TEST_CASE("a list that is in the roster no more is named loudly; one without contacts stays guarded") {
  const Small small;
  small.built(head + norte + "Norte,otra@listas.example,info@norte.example,,\n");
  const Ran built = small.build(head + norte);
  CHECK(built.status == 0);
  CHECK(has(built.out, "NO LONGER GUARDED: otra@listas.example"));
  const auto numbers = small.built(head + ",avisos@listas.example,,,es\n");
  CHECK(numbers.at("no_longer_guarded").empty());
  CHECK(small.roll()->list_at("avisos@listas.example").found());
  CHECK_FALSE(small.may_post("info@norte.example"));
}

TEST_CASE("the age of a roll says until when posts are decided by it") {
  const Small small;
  SECTION("a roster without an end") {
    small.built(head + norte);
    const auto age = small.host.ask({"roll", "age"});
    CHECK(age.at("of_roster") == true);
    CHECK(age.at("valid_until").is_null());
    CHECK(age.at("decides") == true);
    CHECK(small.host.run({"roll", "age"}).status == 0);
  }
  SECTION("a roster that counts until a day") {
    CHECK(small.built("# valid-until: 2999-12-30\n" + head + norte).at("valid_until") ==
          "2999-12-31T00:00:00Z");
    CHECK(small.host.ask({"roll", "age"}).at("valid_until") == "2999-12-31T00:00:00Z");
    CHECK(small.host.run({"roll", "age"}).status == 0);
  }
  SECTION("a roster whose day is over") {
    const Ran built = small.build("# valid-until: 2026-01-31\n" + head + norte);
    CHECK(built.status == 0);
    CHECK(has(built.out, "Posts get 451 already"));
    CHECK(small.host.ask({"roll", "age"}).at("decides") == false);
    const Ran age = small.host.run({"roll", "age"});
    CHECK(age.status == 1);
    CHECK(has(age.out, "get 451: the roster was valid until 2026-02-01T00:00:00Z"));
  }
  SECTION("a register's") {
    const auto age = small.host.ask({"roll", "age"});
    CHECK(age.at("of_roster") == false);
    CHECK(age.at("valid_until") ==
          portavoz::to_rfc3339(small.host.contents.last_word.at + portavoz::Seconds(3 * 86400)));
    CHECK(age.at("decides") == true);
  }
  SECTION("none at all") {
    std::filesystem::remove_all(small.host.path("roll"));
    CHECK(small.host.run({"roll", "age"}).status == 66);
    CHECK(small.host.run({"roll", "dump"}).status == 66);
    CHECK(small.host.run({"roll", "verify"}).status == 66);
  }
}

TEST_CASE("a dump shows all that the roll says, and as a roster it builds the same roll") {
  const Small small;
  small.built(head + norte + sur);
  const Ran shown = small.host.run({"roll", "dump"});
  CHECK(shown.status == 0);
  for (const char* part : {"avisos@listas.example", "postmaster@listas.example", "info@norte.example",
                           "norte.example", "lists: 1, designated contacts: 2, seal keys: 1"})
    CHECK(has(shown.out, part));
  const auto all = small.host.ask({"roll", "dump"});
  CHECK(all.at("lists").at(0).at("languages") == nlohmann::json::array({"es", "en"}));
  CHECK(all.at("contacts").size() == 2);
  CHECK(all.at("contacts").at(0).at("decision_id").is_null());
  const Ran csv = small.host.run({"roll", "dump", "--csv"});
  CHECK(csv.status == 0);
  small.built(csv.out);
  CHECK(small.host.ask({"roll", "dump"}) == all);
}

TEST_CASE("verify says whether every record of the roll is sound") {
  const Small small;
  small.built(head + norte);
  const Ran sound = small.host.run({"roll", "verify"});
  CHECK(sound.status == 0);
  CHECK(has(sound.out, "The roll is sound; lists: 1, designated contacts: 1"));
  CHECK(small.host.ask({"roll", "verify"}).at("sound") == true);
  small.host.write("roll/data.mdb", "no roll");
  const Ran damaged = small.host.run({"roll", "verify"});
  CHECK(damaged.status == 1);
  CHECK(has(damaged.out, "NOT SOUND: "));
  CHECK(small.host.ask({"roll", "verify"}).at("sound") == false);
}

TEST_CASE("where a register fills the roll, no roster is built, and the roll can be read") {
  const Host host;
  const Ran refused = host.run({"roll", "build", host.write("roster.csv", head + norte)});
  CHECK(refused.status == 65);
  CHECK(has(refused.err, "register: none"));
  CHECK(host.ask({"roll", "age"}).at("of_roster") == false);
  CHECK(host.run({"roll", "verify"}).status == 0);
  CHECK(has(host.run({"roll", "dump"}).out, "avisos@listas.example"));
}

TEST_CASE("without a register status misses none") {
  const Small small;
  const FakeGate gate(small.host.path("gate.sock"));
  CHECK(
      has(small.host.ask({"status"}).at("status").at("roll").at("what"), "a register's, which nobody asks"));
  small.built(head + norte);
  const Ran good = small.host.run({"status"});
  INFO(good.out);
  CHECK(good.status == 0);
  const auto found = small.host.ask({"status"}).at("status");
  CHECK(found.at("register").at("good") == true);
  CHECK(has(found.at("roll").at("what"), "built from a roster"));
  small.built("# valid-until: 2026-01-31\n" + head + norte);
  CHECK(has(small.host.ask({"status"}).at("status").at("roll").at("what"), "Posts get 451"));
  CHECK(small.host.run({"status"}).status == 1);
  must(portavoz::make_key(small.host.path("other.key")));
  std::filesystem::rename(small.host.path("other.key"), small.host.path("seal.key"));
  CHECK(has(small.host.ask({"status"}).at("status").at("seal_key").at("what"),
            "`portavoz roll build` puts it there"));
}

TEST_CASE("a command that needs a register says that there is none") {
  const Small small;
  for (const Words& words : {Words{"contacts"}, Words{"explain", "4Bx"}, Words{"log"}, Words{"seal", "list"},
                             Words{"seal", "rotate", "--secret", small.host.path("seal.key")}}) {
    CAPTURE(words.front());
    const Ran refused = small.host.run(words);
    CHECK(refused.status == 65);
    CHECK(has(refused.err, "There is no register here (register: none in "));
  }
  CHECK_FALSE(std::filesystem::exists(small.host.path("seal.key.next")));
}

TEST_CASE("a key is made without a register, and roll build takes it to the doors") {
  const Small small;
  std::filesystem::remove(small.host.path("seal.key"));
  const Ran made = small.host.run({"seal", "make-key", "--secret", small.host.path("seal.key")});
  INFO(made.err);
  CHECK(made.status == 0);
  CHECK(has(made.out, "portavoz roll build FILE"));
  CHECK(small.built(head + norte).at("seal_keys").size() == 1);
}

TEST_CASE("try says that the roster stands behind a designation") {
  const Small small;
  small.built(head + norte);
  small.host.write("post.eml", "From: info@norte.example\r\nTo: avisos@listas.example\r\n\r\nHola\r\n");
  const Words words{"try",     "--mail-from", "info@norte.example",       "--rcpt", "avisos@listas.example",
                    "--login", "norte",       small.host.path("post.eml")};
  const Ran shown = small.host.run(words);
  INFO(shown.err);
  CHECK(shown.status == 0);
  CHECK(has(shown.out, "Asamblea del Norte: by the roster"));
  CHECK(has(shown.out, "designated by the roster"));
  CHECK(small.host.ask(words).at("designation").at("decision_id").is_null());
}
