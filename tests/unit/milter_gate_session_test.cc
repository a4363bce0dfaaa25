#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "adapters/os/clock.h"
#include "adapters/sodium/hash.h"
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

SigningKey a_key(const TemporaryDirectory& directory) {
  fs::create_directory(directory / "keys");
  if (!make_key(directory / "seal.key", directory / "keys")) throw std::runtime_error("make_key");
  auto key = SigningKey::load(directory / "seal.key");
  if (!key) throw std::runtime_error(key.error().what);
  return std::move(*key);
}

std::unique_ptr<VerdictSpool> a_spool(const TemporaryDirectory& directory) {
  fs::create_directory(directory / "spool");
  auto spool = VerdictSpool::open(directory / "spool", "host=" + directory / "no-register");
  if (!spool) throw std::runtime_error(spool.error().what);
  return std::move(*spool);
}

// A gate whose roll knows one list and one contact, and whose register is away.
struct Gate {
  TemporaryDirectory directory;
  Settings settings;
  RollHolder roll;
  std::unique_ptr<VerdictSpool> spool = a_spool(directory);
  KeysAsWording wording;
  SigningKey key = a_key(directory);
  GateServices services{settings, "mx1", roll, *spool, wording, key};
  GateSession session{services};
  FakeServer server;

  Gate() {
    roll.publish(std::make_shared<const MemoryRoll>(
        std::vector<RollList>{
            {{1, "avisos@listas.example", {"es"}, ""}, {"avisos@listas.example", "todos@listas.example"}}},
        std::vector<RollContact>{{1, {7, 70, "Asamblea Ñandú", "contacto@norte.example", {"norte"}}}},
        now()));
  }

  // One message; the answer as a word.
  std::string message(const std::vector<std::string>& recipients, const std::vector<Field>& fields,
                      const std::string& login) {
    server.macros["{mail_addr}"] = "contacto@norte.example";
    server.macros.erase("{auth_authen}");
    if (!login.empty()) server.macros["{auth_authen}"] = login;
    session.forget();
    session.mail(server);
    for (const std::string& recipient : recipients) {
      server.macros["{rcpt_addr}"] = recipient;
      session.rcpt(server, "<" + recipient + ">");
    }
    for (const Field& field : fields) session.header(field.name, field.value);
    wants_body = session.body("Hola\r\n");
    server.macros["i"] = "4XyZ1234abc";
    switch (session.end(server)) {
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

  const auto keys = VerifyKeys::load_directory(gate.directory / "keys");
  REQUIRE(keys);
  std::vector<Field> fields = honest;
  fields.push_back({"Portavoz-Seal", gate.server.inserted[3].second});
  const auto judged =
      judge_seal(fields, {"avisos@listas.example", sha256("Hola\n"), now(), std::chrono::hours(1)},
                 [&](auto id, auto text, auto signature) { return keys->verify(id, text, signature); });
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

TEST_CASE("before the first roll a post to a configured list is asked to come again, and other mail passes") {
  Gate gate;
  gate.roll.publish(std::make_shared<const NoRoll>());
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
  gate.session.rcpt(gate.server, "<avisos@listas.example>");
  CHECK(gate.session.is_ours());
  const Reply reply = gate.session.failed("header", "bad_alloc");
  CHECK(reply.code == "451");
  CHECK(reply.enhanced == "4.3.0");
  CHECK(reply.lines.front() == "en:reply.internal-error");
}
