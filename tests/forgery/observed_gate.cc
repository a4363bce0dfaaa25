#include "tests/forgery/observed_gate.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "adapters/json/zone_json.h"
#include "adapters/sodium/keys.h"
#include "core/base/present.h"
#include "core/policy/memory_roll.h"
#include "core/seal/seal.h"
#include "milter/gate_session.h"
#include "tests/lib/temp_dir.h"

namespace portavoz::forgery {
namespace {

template <typename T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  return std::move(*result);
}

// The mail server's side of a session: hands out macros, writes down what it is told.
class FakeServer final : public MilterEnd {
 public:
  std::map<std::string, std::string> macros;
  std::vector<Seal> seals;
  std::string enhanced;  // of the last reply

  [[nodiscard]] std::optional<std::string> macro(const char* name) const override {
    const auto found = macros.find(name);
    if (found == macros.end()) return std::nullopt;
    return found->second;
  }
  void insert_field(const std::string& name, const std::string& value) override {
    if (name == seal_field) seals.push_back(value_of(parse_seal(value)));
  }
  void remove_field(const std::string& /*name*/, int /*nth*/) override {}
  void set_reply(const Reply& reply) override { enhanced = reply.enhanced; }
};

class KeysAsWording final : public Wording {
 public:
  [[nodiscard]] std::string text(std::string_view /*language*/, std::string_view key) const override {
    return std::string(key);
  }
};

}  // namespace

// What all cases share.
struct ObservedGate::Parts {
  explicit Parts(const World& described) : world(described) {
    value_of(make_key(directory / "seal.key"));
    settings.testing.believe_xclient = true;
    settings.gate.relays = world.relays;
    for (const GuardedList& list : world.roll.lists)
      settings.gate.always_guard.push_back(value_of(MailAddress::parse(list.posting_address)));
  }

  // The list whose door mail for this address comes to, after the server followed its routes and cut off its
  // extension.
  [[nodiscard]] std::optional<GuardedList> list_behind(std::string address) const {
    for (std::size_t hops = 0; hops <= world.routes.size(); ++hops) {
      const auto at = address.rfind('@');
      const auto plus = address.find('+');
      if (plus < at) address.erase(plus, at - plus);
      const auto route = world.routes.find(address);
      if (route == world.routes.end()) break;
      address = route->second;
    }
    for (const GuardedList& list : world.roll.lists)
      if (list.posting_address == address) return list;
    return std::nullopt;
  }

  World world;
  test::TempDir directory;
  Settings settings;
  ReplyTexts replies{KeysAsWording(), {"en"}};
  std::shared_ptr<SealSigner> signer = std::make_shared<SealSigner>(directory / "seal.key");
  std::unique_ptr<DkimLibrary> dkim = value_of(DkimLibrary::open());
};

// One case: its sessions, and what the messages of them left behind.
class ObservedGate::Play {
 public:
  Play(Parts& parts, const ObservedCase& one)
      : parts_(parts),
        contents_(parts.world.roll),
        known_(contents_),
        roll_(one.without_roll ? static_cast<const Roll&>(nothing_) : known_),
        zone_(value_of(read_zone(one.zone))) {}

  void step(const Event& event) {
    for (const auto& [name, value] : event.macros) server_.macros[name] = value;
    if (event.step == "connect") connect(event);
    if (event.step == "mail") mail(event);
    if (event.step == "rcpt") rcpt(event);
    if (refused_ && message_.recipients.empty()) return;  // the server asks nothing more of this message
    if (event.step == "header") header(event);
    if (event.step == "body") body(event);
    if (event.step == "eom") end();
  }

  [[nodiscard]] const Seen& seen() const { return seen_; }

 private:
  // One message as the server would hand it to a door.
  struct Passing {
    std::string mail_from;
    std::vector<std::string> recipients;
    std::vector<Field> fields;
    std::string body;
  };

  void connect(const Event& event) {
    server_.macros = event.macros;
    session_ = std::make_unique<GateSession>(present_);
  }

  void mail(const Event& event) {
    for (const char* name : {"{mail_addr}", "{auth_authen}", "{auth_type}", "i"})
      if (!event.macros.contains(name)) server_.macros.erase(name);
    message_ = {server_.macro("{mail_addr}").value_or(""), {}, {}, {}};
    refused_ = false;
    wants_body_ = true;
    session_->mail(server_);
  }

  void rcpt(const Event& event) {
    if (session_->rcpt(server_, event.argument) == MilterAnswer::proceed) {
      message_.recipients.push_back(server_.macro("{rcpt_addr}").value_or(""));
      return;
    }
    refused_ = true;
    seen_ = {{"reject", "reject-at-rcpt"}, server_.enhanced, false};
  }

  void header(const Event& event) {
    message_.fields.push_back({event.name, event.value});
    session_->header(event.name, event.value);
  }

  void body(const Event& event) {
    message_.body += event.argument;
    if (wants_body_) wants_body_ = session_->body(event.argument);
  }

  void end() {
    server_.seals.clear();
    const MilterAnswer answer = session_->end(server_);
    session_->forget();
    if (answer == MilterAnswer::proceed)
      passes();
    else
      seen_ = {{answer == MilterAnswer::reject ? "reject" : "tempfail"}, server_.enhanced, false};
  }

  // The gate let it go on: to other people, or to the doors of lists.
  void passes() {
    seen_ = {{}, "2.0.0", false};
    bool at_a_door = false;
    for (const std::string& recipient : message_.recipients) {
      const auto list = parts_.list_behind(recipient);
      if (!list || is_command_address(recipient, list->posting_address)) continue;
      at_a_door = true;
      if (const Seal* seal = seal_for(*list))
        posted(*list, seal->marks);
      else
        unsealed(*list);
    }
    if (!at_a_door) seen_.words = {"accept"};
  }

  [[nodiscard]] const Seal* seal_for(const GuardedList& list) const {
    for (const Seal& seal : server_.seals)
      if (seal.list == list.posting_address) return &seal;
    return nullptr;
  }

  // The door decides as the gate does, with the facts that are left there.
  void unsealed(const GuardedList& list) {
    PostFacts facts;
    facts.mail_from = message_.mail_from;
    facts.lists = {GuardHit{list, list.posting_address, true}};
    facts.fields = message_.fields;
    Prover prover;
    prover.dkim = [this](const std::vector<std::string>& domains) {
      DkimVerification verification(*parts_.dkim, message_.fields, domains, zone_);
      verification.body(message_.body);
      return verification.finish();
    };
    const Verdict verdict =
        decide_with(facts, roll_, {parts_.settings.roll.max_age}, parts_.world.now, prover);
    if (verdict.answer() == Answer::accept) {
      posted(list, verdict.accepted.front().marks);
    } else if (verdict.answer() == Answer::tempfail) {
      seen_.words.insert({"tempfail", "accept-not-posted"});
      seen_.code = "4.0.0";
    } else {
      seen_.words.insert({"hold", "accept-not-posted"});
    }
  }

  void posted(const GuardedList& list, const std::vector<std::string>& marks) {
    seen_.posted = true;
    seen_.words = {"accept"};
    for (const std::string& mark : marks) contents_.marks.push_back({list.id, mark});
    known_ = MemoryRoll(contents_);
  }

  Parts& parts_;
  RollContents contents_;
  MemoryRoll known_;
  NoRoll nothing_;
  const Roll& roll_;
  ZoneDns zone_;
  FakeServer server_;
  Present<GateServices> present_{std::make_shared<const GateServices>(GateServices{
      parts_.settings, "mx1", parts_.replies, parts_.signer, roll_, nullptr, *parts_.dkim,
      [this] { return std::make_unique<ZoneDns>(zone_); }, [this] { return parts_.world.now; }})};
  std::unique_ptr<GateSession> session_;
  Passing message_;
  bool refused_ = false;
  bool wants_body_ = true;
  Seen seen_;
};

ObservedGate::ObservedGate(const World& world) : parts_(std::make_unique<Parts>(world)) {}
ObservedGate::~ObservedGate() = default;

Seen ObservedGate::play(const ObservedCase& one) {
  Play play(*parts_, one);
  for (const Event& event : one.events) play.step(event);
  return play.seen();
}

}  // namespace portavoz::forgery
