// The LMTP door as a service: the real program between our LMTP client, as the mail server, and an LMTP
// server of the test, as the list manager.
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/lmdb/roll_file.h"
#include "adapters/lmtp/client.h"
#include "adapters/lmtp/server.h"
#include "adapters/os/clock.h"
#include "adapters/os/process.h"
#include "adapters/shelf/shelf.h"
#include "adapters/sodium/hash.h"
#include "adapters/sodium/keys.h"
#include "core/seal/body_canon.h"
#include "core/seal/seal.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

const std::string list = "avisos@listas.example";
const std::string sender = "info@example.org";
const std::string body = "Hola\n.\ntodas\n";

std::string mail_with(const std::string& fields, const std::string& queue_id = "4ABC") {
  return "Received: by mx.example (Postfix) id " + queue_id + "; Mon, 23 Nov 2026 09:00:00 +0000\n" + fields +
         "From: info@example.org\nMessage-ID: <1@example.org>\n\n" + body;
}

// The list manager: takes notes, and answers as it is told.
class Manager {
 public:
  explicit Manager(const std::string& where)
      : server_(LmtpServer::open(
            where, "lists.example", {}, [this] { return std::make_unique<Notes>(*this); },
            [](const auto&) {})) {
    REQUIRE(server_);
    thread_ = std::thread([this] { (*server_)->serve(); });
  }
  ~Manager() {
    (*server_)->stop();
    thread_.join();
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  Manager(Manager&&) = delete;
  Manager& operator=(Manager&&) = delete;

  void answer(const LmtpReply& reply) {
    const std::lock_guard lock(mutex_);
    reply_ = reply;
  }
  // Keeps its answer to itself from now on, until let_go().
  void hold() {
    const std::lock_guard lock(mutex_);
    holds_ = true;
  }
  void wait_until_it_holds() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    holds_ = false;
    changed_.notify_all();
  }
  std::vector<std::pair<std::string, std::string>> taken() {  // recipient and message
    const std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  class Notes final : public LmtpDestination {
   public:
    explicit Notes(Manager& manager) : manager_(manager) {}
    LmtpReply recipient(const std::string&) override { return {250, "2.1.5 ok"}; }
    void message(const LmtpMail&) override {}
    LmtpReply deliver(const LmtpMail& mail, const std::string& recipient) override {
      std::unique_lock lock(manager_.mutex_);
      manager_.waiting_ = true;
      manager_.changed_.notify_all();
      manager_.changed_.wait(lock, [this] { return !manager_.holds_; });
      if (manager_.reply_.good()) manager_.taken_.emplace_back(recipient, mail.octets);
      return manager_.reply_;
    }

   private:
    Manager& manager_;
  };

  std::mutex mutex_;  // guards what follows, up to taken_
  std::condition_variable changed_;
  bool holds_ = false, waiting_ = false;
  LmtpReply reply_{250, "2.0.0 ok"};
  std::vector<std::pair<std::string, std::string>> taken_;
  Result<std::unique_ptr<LmtpServer>> server_;
  std::thread thread_;
};

class LmtpDoorRun {
 public:
  LmtpDoorRun() {
    const auto key = make_key(dir_ / "seal.key");
    REQUIRE(key);
    std::filesystem::create_directory(dir_ / "roll");
    RollContents contents;
    contents.lists = {{1, list, {"es"}, "admin@listas.example", {list, "noticias@listas.example"}, false}};
    contents.contacts = {{1, {7, 70, "Asamblea", sender, {{"info"}, {}, false, false}}}};
    contents.seal_keys = {{key->key_id, key->public_key}};
    contents.last_word = now();
    const auto roll = RollFile::open(dir_ / "roll");
    REQUIRE(roll);
    REQUIRE((*roll)->replace(contents));
    std::filesystem::create_directories(dir_ / "services/portavoz-deliver");
    configure();
    start();
  }
  // `next_hop`: where the list manager is; `more`: lines at the end, below door.
  void configure(const std::string& more = "", const std::string& next_hop = "manager.sock") const {
    test::write_all(dir_ / "portavoz.yaml",
                    "run: " + (dir_ / "services") + "\nregister:\n  dsn: host=" + (dir_ / "nowhere") +
                        "\nroll:\n  directory: " + (dir_ / "roll") +
                        "\ndns:\n  resolvers: [\"127.0.0.1:1\"]" + "\ndoor:\n  memory: " + (dir_ / "seals") +
                        "\n  held: " + (dir_ / "held") + "\n  lmtp_listen: " + listens() +
                        "\n  lmtp_next_hop: " + (dir_ / next_hop) + "\n" + more);
  }
  // Has it read its configuration anew; gives what its log then says of that.
  [[nodiscard]] std::string reload() const {
    const std::string before = test::read_all(dir_ / "log");
    ::kill(pid_, SIGHUP);
    for (int i = 0; i < 1000; ++i) {
      const std::string said = test::read_all(dir_ / "log").substr(before.size());
      const auto at = said.find("SIGHUP: ");
      if (at != std::string::npos && said.find('\n', at) != std::string::npos) return said.substr(at);
      std::this_thread::sleep_for(Millis(20));
    }
    return "";
  }
  [[nodiscard]] std::string state() const {
    return test::read_all(dir_ / "services/portavoz-deliver/configuration");
  }
  ~LmtpDoorRun() {
    if (pid_ > 0) stop(SIGKILL);
  }
  LmtpDoorRun(const LmtpDoorRun&) = delete;
  LmtpDoorRun& operator=(const LmtpDoorRun&) = delete;
  LmtpDoorRun(LmtpDoorRun&&) = delete;
  LmtpDoorRun& operator=(LmtpDoorRun&&) = delete;

  // The exit status, or minus the signal.
  int stop(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  LmtpReply send(const std::string& mail, const std::string& recipient = list) const {
    const auto reply = lmtp_hand_over(listens(), {sender, recipient}, mail);
    REQUIRE(reply);
    return *reply;
  }

  std::string seal() const {
    const auto key = SigningKey::load(dir_ / "seal.key");
    REQUIRE(key);
    Sha256 hash;
    BodyHash canon([&](std::string_view piece) { hash.update(piece); });
    canon.update(body);
    canon.finish();
    const std::string nonce = random_hex(16);
    const SealFacts facts{list, "<1@example.org>", sender, hash.finish(), {}, now()};
    const std::string text = seal_text_to_sign(facts, key->key_id(), nonce);
    return "Portavoz-Seal: " + format_seal({key->key_id(), list, nonce, {}, key->sign(text), facts.time}) +
           "\n";
  }

  std::vector<HeldPost> held() const {
    const auto shelf = Shelf::open(dir_ / "held", {1000, 1000000});
    REQUIRE(shelf);
    return shelf->list().value();
  }
  std::string listens() const { return dir_ / "door.sock"; }
  std::string next_hop() const { return dir_ / "manager.sock"; }
  const TempDir& dir() const { return dir_; }

 private:
  void start() {
    const std::string program = PORTAVOZ_BINARY_DIR "/bin/portavoz-deliver";
    const std::string config = dir_ / "portavoz.yaml";
    const char* const argv[] = {program.c_str(), "--lmtp", "--config", config.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    REQUIRE(::posix_spawn_file_actions_init(&actions) == 0);
    REQUIRE(::posix_spawn_file_actions_addopen(&actions, 2, (dir_ / "log").c_str(),
                                               O_WRONLY | O_CREAT | O_APPEND, 0600) == 0);
    const int failed =
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, const_cast<char* const*>(argv), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    REQUIRE(failed == 0);
    for (int i = 0; i < 500 && ::access(listens().c_str(), F_OK) != 0; ++i)
      std::this_thread::sleep_for(Millis(20));
    INFO(test::read_all(dir_ / "log"));
    REQUIRE(::access(listens().c_str(), F_OK) == 0);
  }

  TempDir dir_;
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("by LMTP a sealed post reaches the list manager once, without its seal", "[deliver]") {
  LmtpDoorRun door;
  Manager manager(door.next_hop());
  const std::string mail = mail_with(door.seal() + "Portavoz-Proof: login\n");
  CHECK(door.send(mail, "noticias@listas.example").code == 250);
  REQUIRE(manager.taken().size() == 1);
  CHECK(manager.taken()[0].first == list);
  CHECK(manager.taken()[0].second == mail_with("Portavoz-Proof: login\n"));
  CHECK(door.send(mail).text == "2.0.0 the list manager had it already");
  CHECK(manager.taken().size() == 1);
  CHECK(door.stop(SIGTERM) == 0);
  CHECK(::access(door.listens().c_str(), F_OK) != 0);
}

TEST_CASE("by LMTP a post that nothing proves is kept aside and answered 250", "[deliver]") {
  LmtpDoorRun door;
  Manager manager(door.next_hop());
  const std::string recipient = GENERATE(as<std::string>{}, list, "avisos+subscribe@listas.example");
  CHECK(door.send(mail_with("Portavoz-Proof: login\n"), recipient).text == "2.0.0 kept aside for the admins");
  REQUIRE(door.held().size() == 1);
  CHECK(door.held()[0].reason == "unsealed");
  CHECK(door.held()[0].recipient == recipient);
  CHECK(door.held()[0].sender == sender);
  CHECK(door.held()[0].queue_id.starts_with("4ABC."));
  CHECK(door.held()[0].argv.empty());
  CHECK(manager.taken().empty());
}

TEST_CASE("by LMTP a command reaches the list manager without our fields", "[deliver]") {
  LmtpDoorRun door;
  Manager manager(door.next_hop());
  CHECK(door.send(mail_with("Portavoz-Proof: login\nPortavoz-Seal: x\n"), "avisos-confirm+0a@listas.example")
            .code == 250);
  REQUIRE(manager.taken().size() == 1);
  CHECK(manager.taken()[0].first == "avisos-confirm+0a@listas.example");
  CHECK(manager.taken()[0].second == mail_with(""));
}

TEST_CASE("by LMTP mail for other lists is left alone, and so are the list manager's answers", "[deliver]") {
  LmtpDoorRun door;
  Manager manager(door.next_hop());
  const std::string mail = mail_with("Portavoz-Proof: login\n");
  CHECK(door.send(mail, "otra@listas.example").text == "2.0.0 ok");
  REQUIRE(manager.taken().size() == 1);
  CHECK(manager.taken()[0].second == mail);
  manager.answer({550, "5.1.1 no such list"});
  const LmtpReply refused = door.send(mail, "otra@listas.example");
  CHECK(refused.code == 550);
  CHECK(refused.text == "5.1.1 no such list");
  CHECK(door.held().empty());
}

TEST_CASE("by LMTP a post waits while the list manager is away, and comes in under its queue id",
          "[deliver]") {
  LmtpDoorRun door;
  const std::string seal = door.seal();
  CHECK(door.send(mail_with(seal)).code == 451);
  Manager manager(door.next_hop());
  manager.answer({451, "4.3.0 busy"});
  CHECK(door.send(mail_with(seal)).code == 451);
  manager.answer({250, "2.0.0 ok"});
  CHECK(door.send(mail_with(seal, "4ZZZ")).code == 451);  // a copy waits for the first
  CHECK(door.send(mail_with(seal)).code == 250);
  CHECK(door.send(mail_with(seal, "4ZZZ")).text == "2.0.0 the list manager had it already");
  CHECK(manager.taken().size() == 1);
  CHECK(door.held().empty());
}

TEST_CASE("by LMTP what the list manager refuses for good is kept aside, not bounced", "[deliver]") {
  LmtpDoorRun door;
  Manager manager(door.next_hop());
  manager.answer({550, "5.7.1 not wanted"});
  CHECK(door.send(mail_with(door.seal())).code == 250);
  REQUIRE(door.held().size() == 1);
  CHECK(door.held()[0].reason == "list-manager-refused");
  CHECK(door.held()[0].detail.find("550 5.7.1 not wanted") != std::string::npos);
  CHECK(door.held()[0].contact == sender);
}

TEST_CASE("by LMTP everything waits while there is no roll", "[deliver]") {
  LmtpDoorRun door;
  Manager manager(door.next_hop());
  for (const char* file : {"roll/data.mdb", "roll/lock.mdb"}) std::filesystem::remove(door.dir() / file);
  for (const char* recipient :
       {"avisos@listas.example", "avisos-owner@listas.example", "otra@listas.example"})
    CHECK(door.send(mail_with(door.seal()), recipient).code == 451);
  CHECK(manager.taken().empty());
  CHECK(door.held().empty());
}

TEST_CASE("an LMTP door without its two addresses does not start", "[deliver]") {
  const TempDir dir;
  test::write_all(dir / "portavoz.yaml", "door:\n  lmtp_listen: " + (dir / "door.sock") + "\n");
  const auto ended =
      run({.argv = {PORTAVOZ_BINARY_DIR "/bin/portavoz-deliver", "--lmtp", "--config", dir / "portavoz.yaml"},
           .input = "",
           .identity = std::nullopt});
  REQUIRE(ended);
  CHECK(ended->exit_status == 78);
  CHECK(ended->err.find("door.lmtp_next_hop") != std::string::npos);
}

TEST_CASE("by LMTP a reload takes the new configuration from the next message on, or nothing of it",
          "[deliver]") {
  LmtpDoorRun door;
  const Manager manager(door.next_hop());
  Manager other(door.dir() / "other.sock");
  CHECK(door.state().find("refused") == std::string::npos);
  door.configure("  held_max_posts: many\n", "other.sock");
  const std::string refused = door.reload();
  CHECK(refused.find("the new configuration is refused") != std::string::npos);
  CHECK(refused.find("portavoz.yaml:13:19: 'many' is not a whole number") != std::string::npos);
  CHECK(door.state().find("portavoz.yaml:13:19: 'many'") != std::string::npos);
  CHECK(door.send(mail_with("")).code == 250);
  CHECK(door.held().size() == 1);
  CHECK(door.send(mail_with(""), "otra@listas.example").code == 250);
  CHECK(other.taken().empty());

  door.configure("", "other.sock");
  CHECK(door.reload().find("is in force") != std::string::npos);
  CHECK(door.state().find("refused") == std::string::npos);
  CHECK(door.send(mail_with(""), "otra@listas.example").code == 250);
  CHECK(other.taken().size() == 1);

  test::write_all(door.dir() / "portavoz.yaml", "door:\n  lmtp_listen: /other\n  lmtp_next_hop: /other\n");
  CHECK(door.reload().find("door.lmtp_listen can only change by a restart") != std::string::npos);
  CHECK(door.stop(SIGTERM) == 0);
  CHECK_FALSE(std::filesystem::exists(door.dir() / "services/portavoz-deliver/configuration"));
}

TEST_CASE("by LMTP the message that the list manager is taking is finished when the door is to end",
          "[deliver]") {
  LmtpDoorRun door;
  Manager manager(door.next_hop());
  manager.hold();
  LmtpReply reply{0, ""};
  std::thread sending([&] { reply = door.send(mail_with(door.seal())); });
  manager.wait_until_it_holds();
  std::thread letting_go([&] {  // when the door has heard that it is to end
    std::this_thread::sleep_for(Millis(300));
    manager.let_go();
  });
  CHECK(door.stop(SIGTERM) == 0);
  letting_go.join();
  sending.join();
  CHECK(reply.code == 250);
  CHECK(manager.taken().size() == 1);
}
