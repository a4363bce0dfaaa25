#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "adapters/os/clock.h"
#include "adapters/sodium/hash.h"
#include "adapters/sodium/keys.h"
#include "core/base/present.h"
#include "core/policy/memory_roll.h"
#include "core/seal/judge.h"
#include "milter/gate_session.h"
#include "tests/lib/catch.h"

using namespace portavoz;
namespace fs = std::filesystem;

namespace {

// What the mail server would be told, written down.
class FakeServer final : public MilterEnd {
 public:
  std::map<std::string, std::string> macros;
  std::vector<std::pair<std::string, std::string>> inserted;  // the last one stands on top
  std::vector<std::string> removed;
  std::string reply;

  [[nodiscard]] std::optional<std::string> macro(const char* name) const override {
    const auto found = macros.find(name);
    if (found == macros.end()) return std::nullopt;
    return found->second;
  }
  void insert_field(const std::string& name, const std::string& value) override {
    inserted.emplace_back(name, value);
  }
  void remove_field(const std::string& name, int nth) override {
    removed.push_back(name + " " + std::to_string(nth));
  }
  void set_reply(const Reply& given) override {
    reply = given.code + " " + given.enhanced + " " + given.lines.front();
  }
};

class KeysAsWording final : public Wording {
 public:
  [[nodiscard]] std::string text(std::string_view language, std::string_view key) const override {
    return std::string(language) + ":" + std::string(key);
  }
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(fs::temp_directory_path() / ("portavoz-test-" + random_hex(8))) {
    fs::create_directory(path_);
  }
  ~TemporaryDirectory() { fs::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

MadeKey a_key(const TemporaryDirectory& directory) {
  auto made = make_key(directory / "seal.key");
  if (!made) throw std::runtime_error(made.error().what);
  return std::move(*made);
}

std::unique_ptr<DkimLibrary> a_dkim_library() {
  auto library = DkimLibrary::open();
  if (!library) throw std::runtime_error(library.error().what);
  return std::move(*library);
}

RollContents a_roll() {
  RollContents roll;
  roll.lists = {
      {1, "avisos@listas.example", {"es"}, "", {"avisos@listas.example", "todos@listas.example"}, true}};
  roll.contacts = {{1, {7, 70, "Asamblea Ñandú", "contacto@norte.example", {{"norte"}, {}, false, false}}},
                   {1, {8, 80, "Vieja", "vieja@vieja.example", {}}}};
  roll.last_word = now();
  return roll;
}

std::unique_ptr<VerdictSpool> a_spool(const TemporaryDirectory& directory) {
  fs::create_directory(directory / "spool");
  auto spool = VerdictSpool::open(directory / "spool", "host=" + directory / "no-register");
  if (!spool) throw std::runtime_error(spool.error().what);
  return std::move(*spool);
}

// A gate whose roll knows one list and two contacts, whose register is away, and whose posts need no DNS.
struct Gate {
  explicit Gate(std::unique_ptr<const Roll> with_roll = std::make_unique<const MemoryRoll>(a_roll()))
      : roll(std::move(with_roll)) {}

  TemporaryDirectory directory;
  Settings settings;
  std::unique_ptr<const Roll> roll;
  std::unique_ptr<VerdictSpool> spool = a_spool(directory);
  MadeKey key = a_key(directory);
  std::shared_ptr<SealSigner> signer = std::make_shared<SealSigner>(directory / "seal.key");
  std::unique_ptr<DkimLibrary> dkim = a_dkim_library();
  Present<GateServices> present{in_force()};
  GateSession session{present};
  FakeServer server;

  // The configuration as `settings` and the rest say it now.
  [[nodiscard]] std::shared_ptr<const GateServices> in_force() const {
    return std::make_shared<const GateServices>(GateServices{
        settings, "mx1", ReplyTexts(KeysAsWording(), {"en", "es"}), signer, *roll, spool.get(), *dkim,
        []() -> std::unique_ptr<Dns> { throw std::logic_error("no DNS is needed"); }, [] { return now(); }});
  }

  // One message under that configuration; the answer as a word.
  std::string message(const std::vector<std::string>& recipients, const std::vector<Field>& fields,
                      const std::string& login) {
    server.macros["{mail_addr}"] = "contacto@norte.example";
    server.macros.erase("{auth_authen}");
    if (!login.empty()) server.macros["{auth_authen}"] = login;
    present.put(in_force());
    session.forget();
    session.mail(server);
    for (const std::string& recipient : recipients) {
      server.macros["{rcpt_addr}"] = recipient;
      CHECK(session.rcpt(server, "<" + recipient + ">") == MilterAnswer::proceed);
    }
    for (const Field& field : fields) session.header(field.name, field.value);
    wants_body = session.body("Hola\r\n");
    server.macros["i"] = "4XyZ1234abc";
    const auto without_queue_id = [this](MilterAnswer answer) {
      server.macros.erase("i");
      return answer;
    };
    switch (without_queue_id(session.end(server))) {
      case MilterAnswer::proceed: return "proceed";
      case MilterAnswer::reject: return "reject";
      case MilterAnswer::tempfail: return "tempfail";
    }
    return "";
  }

  // The verdicts on disk. The spool ends with it, so that no line is on its way from one file to the other.
  [[nodiscard]] std::string spooled() {
    spool.reset();
    std::string lines;
    for (const char* name : {"spool/verdicts.carried.jsonl", "spool/verdicts.jsonl"}) {
      std::ifstream file(directory / name);
      lines.append(std::istreambuf_iterator<char>(file), {});
    }
    return lines;
  }

  bool wants_body = false;
};

const std::vector<Field> honest{{"From", " Norte <contacto@norte.example>"},
                                {"Message-ID", " <1@norte.example>"}};

}  // namespace

TEST_CASE("an accepted post is sealed for the door and says who may speak and why") {
  Gate gate;
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
  CHECK(gate.wants_body);
  REQUIRE(gate.server.inserted.size() == 4);
  CHECK(gate.server.inserted[0] == std::pair<std::string, std::string>("Portavoz-Proof", "login"));
  CHECK(gate.server.inserted[1].second ==
        "list=avisos@listas.example; contact=contacto@norte.example; decision=70");
  CHECK(gate.server.inserted[2].second == "=?UTF-8?Q?Asamblea_=C3=91and=C3=BA?=");
  CHECK(gate.server.inserted[3].first == "Portavoz-Seal");

  std::vector<Field> fields = honest;
  fields.push_back({"Portavoz-Seal", gate.server.inserted[3].second});
  const auto judged =
      judge_seal(fields, {"avisos@listas.example", sha256("Hola\n"), now(), std::chrono::hours(1)},
                 [&](auto id, auto text, auto signature) {
                   CHECK(id == gate.key.key_id);
                   return verify(gate.key.public_key, text, signature);
                 });
  CHECK(std::holds_alternative<Seal>(judged));
}

TEST_CASE("a refused post is changed in nothing and answered in the list's language") {
  Gate gate;
  CHECK(gate.message({"avisos@listas.example"}, honest, "") == "reject");
  CHECK(gate.server.reply == "550 5.7.26 es:reply.not-proven");
  CHECK(gate.server.inserted.empty());
  CHECK(gate.server.removed.empty());
}

TEST_CASE("what a stranger wrote in our name is taken off an accepted post, the last one first") {
  Gate gate;
  auto fields = honest;
  fields.push_back({"Portavoz-Seal", " v=1"});
  fields.push_back({"PORTAVOZ-SEAL", " v=1"});
  fields.push_back({"portavoz-anything", " x"});
  fields.push_back({"X-Portavoz", " stays"});
  CHECK(gate.message({"avisos@listas.example"}, fields, "norte") == "proceed");
  CHECK(gate.server.removed ==
        std::vector<std::string>{"portavoz-anything 1", "portavoz-seal 2", "portavoz-seal 1"});
}

TEST_CASE("ordinary mail is neither read nor changed nor written down") {
  Gate gate;
  const std::vector<Field> fields{
      {"From", " a@x.example"}, {"From", " b@y.example"}, {"Portavoz-Seal", " v=1"}};
  CHECK(gate.message({"lectora@lectores.example", "avisos+subscribe@listas.example"}, fields, "") ==
        "proceed");
  CHECK_FALSE(gate.wants_body);
  CHECK_FALSE(gate.session.is_ours());
  CHECK(gate.server.inserted.empty());
  CHECK(gate.server.removed.empty());
  CHECK(gate.spooled().empty());
}

TEST_CASE("nothing of one message stays for the next of the same connection") {
  Gate gate;
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
  gate.server.inserted.clear();
  CHECK(gate.message({"avisos@listas.example"}, honest, "") == "reject");
  CHECK(gate.message({"avisos@listas.example"}, {{"Subject", " no From"}}, "norte") == "reject");
  CHECK(gate.server.reply.find("5.6.0") != std::string::npos);
  CHECK(gate.message({"lectora@lectores.example"}, honest, "norte") == "proceed");
  CHECK(gate.server.inserted.empty());
}

TEST_CASE("a login that a proxy or a test only claims proves nothing") {
  Gate gate;
  gate.server.macros["{auth_type}"] = "XCLIENT";
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "reject");
  CHECK(gate.server.reply.find("5.7.26") != std::string::npos);
  gate.settings.testing.believe_xclient = true;
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
}

TEST_CASE(
    "the null reverse-path is refused for the list alone by SMTP, and at the end where it came by "
    "sendmail(1)") {
  Gate gate;
  gate.server.macros["{mail_addr}"] = "";
  gate.session.mail(gate.server);
  gate.server.macros["{rcpt_addr}"] = "lectora@lectores.example";
  CHECK(gate.session.rcpt(gate.server, "<lectora@lectores.example>") == MilterAnswer::proceed);
  gate.server.macros["{rcpt_addr}"] = "avisos@listas.example";
  CHECK(gate.session.rcpt(gate.server, "<avisos@listas.example>") == MilterAnswer::reject);
  CHECK(gate.server.reply == "550 5.7.2 es:reply.automatic-mail");
  CHECK_FALSE(gate.session.is_ours());
  CHECK(gate.session.end(gate.server) == MilterAnswer::proceed);

  gate.session.forget();
  gate.server.macros["i"] = "4XyZ1234abd";  // sendmail(1) has a queue id from the start
  gate.session.mail(gate.server);
  CHECK(gate.session.rcpt(gate.server, "<avisos@listas.example>") == MilterAnswer::proceed);
  CHECK(gate.session.end(gate.server) == MilterAnswer::reject);
}

TEST_CASE(
    "without the macro {rcpt_addr} the door decides, and where there is none the post is asked to come "
    "again") {
  Gate gate;
  const auto answer = [&] {
    gate.session.forget();
    gate.server.macros["{mail_addr}"] = "contacto@norte.example";
    gate.server.macros.erase("{rcpt_addr}");
    gate.present.put(gate.in_force());
    gate.session.mail(gate.server);
    CHECK(gate.session.rcpt(gate.server, "<\"avisos\"@listas.example>") == MilterAnswer::proceed);
    return gate.session.end(gate.server);
  };
  CHECK(answer() == MilterAnswer::proceed);
  CHECK(gate.server.inserted.empty());
  gate.settings.gate.door = false;
  CHECK(answer() == MilterAnswer::tempfail);
}

TEST_CASE(
    "what only a person can judge goes on without a seal and without what a stranger wrote in our name") {
  Gate gate;
  const std::vector<Field> fields{{"From", " vieja@vieja.example"}, {"Portavoz-Assembly", " Vieja"}};
  CHECK(gate.message({"avisos@listas.example"}, fields, "") == "proceed");
  CHECK(gate.server.inserted.empty());
  CHECK(gate.server.removed == std::vector<std::string>{"portavoz-assembly 1"});
  CHECK(gate.spooled().find("\"rule\":\"needs-confirmation\"") != std::string::npos);
}

TEST_CASE(
    "a post that cannot be sealed is asked to come again, and a new key is in use from the next post on") {
  Gate gate;
  fs::rename(gate.directory / "seal.key", gate.directory / "away.key");
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "tempfail");
  CHECK(gate.server.reply == "451 4.3.0 es:reply.seal-unavailable");
  CHECK(gate.server.inserted.empty());
  CHECK(gate.message({"lectora@lectores.example"}, honest, "") == "proceed");

  fs::rename(gate.directory / "away.key", gate.directory / "seal.key");
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
  CHECK(gate.server.inserted.back().second.find(gate.key.key_id) != std::string::npos);

  fs::remove(gate.directory / "seal.key");
  const auto newer = a_key(gate.directory);
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
  CHECK(gate.server.inserted.back().second.find(newer.key_id) != std::string::npos);
}

TEST_CASE("a key file that holds no key leaves the old key in use, and one that is gone does not") {
  Gate gate;
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
  const auto write = [&](const std::string& octets) {
    const std::string path = gate.directory / "seal.key";
    fs::remove(path);
    std::ofstream(path) << octets;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  };
  write("half a k");
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
  CHECK(gate.server.inserted.back().second.find(gate.key.key_id) != std::string::npos);
  fs::remove(gate.directory / "seal.key");
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "tempfail");
  const auto newer = a_key(gate.directory);
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
  CHECK(gate.server.inserted.back().second.find(newer.key_id) != std::string::npos);
}

TEST_CASE("a message ends with the configuration that held when it began, and the next one has the new") {
  Gate gate;
  const auto begin = [&] {
    gate.session.forget();
    gate.server.macros = {{"{mail_addr}", "contacto@norte.example"}, {"{auth_authen}", "norte"}};
    gate.session.mail(gate.server);
  };
  const auto go_on = [&] {
    gate.server.macros["{rcpt_addr}"] = "otra@listas.example";
    CHECK(gate.session.rcpt(gate.server, "<otra@listas.example>") == MilterAnswer::proceed);
    return gate.session.end(gate.server);
  };
  begin();
  gate.settings.gate.always_guard.push_back(MailAddress::parse("otra@listas.example").value());
  gate.present.put(gate.in_force());
  CHECK(go_on() == MilterAnswer::proceed);  // nobody guarded it when the message began
  begin();
  gate.settings.gate.always_guard.clear();
  gate.present.put(gate.in_force());
  CHECK(go_on() == MilterAnswer::tempfail);
}

TEST_CASE("the body of a post that is refused whatever it says is not read") {
  Gate gate;
  CHECK(gate.message({"avisos@listas.example"}, {{"From", " x@y.example"}}, "") == "reject");
  CHECK_FALSE(gate.wants_body);
}

TEST_CASE("the same list by its address and by its alias is one post with one seal") {
  Gate gate;
  CHECK(gate.message({"avisos@listas.example", "todos@listas.example"}, honest, "norte") == "proceed");
  CHECK(gate.server.inserted.size() == 4);
}

TEST_CASE("a message to a list and to somebody else is refused whole") {
  Gate gate;
  CHECK(gate.message({"lectora@lectores.example", "avisos@listas.example"}, honest, "") == "reject");
}

TEST_CASE("verdicts wait on disk, with the facts and the rule, while the register is away") {
  Gate gate;
  CHECK(gate.message({"avisos@listas.example"}, honest, "otro") == "reject");
  const std::string spooled = gate.spooled();
  for (const char* part :
       {"\"rule\":\"wrong-login\"", "\"queue_id\":\"4XyZ1234abc\"", "\"login\":\"otro\"", "\"host\":\"mx1\"",
        "\"message_id\":\"<1@norte.example>\"", "\"contact_id\":7", "\"code\":\"550 5.7.1\""}) {
    CAPTURE(part, spooled);
    CHECK(spooled.find(part) != std::string::npos);
  }
  CHECK(is_verdict_json(spooled.substr(0, spooled.find('\n'))));
}

TEST_CASE("without a register verdicts stand in the log alone, and posts are decided by the roster") {
  RollContents roll = a_roll();
  roll.last_word.of_roster = true;
  roll.contacts.front().designation.decision_id = 0;
  SECTION("which counts") {
    Gate gate(std::make_unique<const MemoryRoll>(roll));
    gate.spool.reset();
    CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "proceed");
    CHECK(gate.server.inserted.at(1).second ==
          "list=avisos@listas.example; contact=contacto@norte.example; decision=roster");
    CHECK(gate.spooled().empty());
  }
  SECTION("which counts no more") {
    roll.last_word.valid_until = now() - Seconds(1);
    Gate gate(std::make_unique<const MemoryRoll>(roll));
    gate.spool.reset();
    CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "tempfail");
    CHECK(gate.server.reply.find("451 4.3.0") == 0);
    CHECK(gate.message({"lectora@lectores.example"}, honest, "") == "proceed");
  }
}

TEST_CASE("before the first roll a post to a configured list is asked to come again, and other mail passes") {
  Gate gate(std::make_unique<const NoRoll>());
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") ==
        "proceed");  // nobody says that it is a list
  gate.settings.gate.always_guard.push_back(MailAddress::parse("avisos@listas.example").value());
  CHECK(gate.message({"avisos@listas.example"}, honest, "norte") == "tempfail");
  CHECK(gate.server.reply.find("451 4.3.0") == 0);
  CHECK(gate.message({"lectora@lectores.example"}, honest, "") == "proceed");
}

TEST_CASE("a failure of ours is an internal-error: a post is asked to come again") {
  Gate gate;
  gate.session.mail(gate.server);
  gate.server.macros["{rcpt_addr}"] = "avisos@listas.example";
  gate.server.macros["{mail_addr}"] = "contacto@norte.example";
  gate.session.mail(gate.server);
  CHECK(gate.session.rcpt(gate.server, "<avisos@listas.example>") == MilterAnswer::proceed);
  CHECK(gate.session.is_ours());
  const Reply reply = gate.session.failed("header", "bad_alloc");
  CHECK(reply.code == "451");
  CHECK(reply.enhanced == "4.3.0");
  CHECK(reply.lines.front() == "en:reply.internal-error");
}
