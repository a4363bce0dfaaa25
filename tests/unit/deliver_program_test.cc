// The door as the mail server runs it: the real program, real keys, a real shelf; the list manager is a small
// script that stores what it gets, or the real mlmmj.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "adapters/lmdb/roll_file.h"
#include "adapters/os/clock.h"
#include "adapters/os/process.h"
#include "adapters/shelf/shelf.h"
#include "adapters/sodium/hash.h"
#include "adapters/sodium/keys.h"
#include "core/mail/message.h"
#include "core/seal/body_canon.h"
#include "core/seal/seal.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

const std::string list = "avisos@listas.example";
const std::string header =
    "From: Asamblea <info@example.org>\nTo: avisos@listas.example\nMessage-ID: <1@example.org>\n";
const std::string body = "Hola\n\ntodas\n\n";

std::string body_hash(std::string_view text) {
  Sha256 hash;
  BodyHash canon([&](std::string_view piece) { hash.update(piece); });
  canon.update(text);
  canon.finish();
  return hash.finish();
}

const std::string away = "register:\n  dsn: host=/nonexistent/nowhere";

// A door of its own in a temporary directory.
class Door {
 public:
  explicit Door(const std::string& limits = "", const std::string& registry = away) {
    const auto key = make_key(dir_ / "seal.key");
    REQUIRE(key);
    std::filesystem::create_directory(dir_ / "roll");
    write_roll(*key);
    write_settings(limits, registry);
    script("cat > '" + (dir_ / "taken.new") + "' && mv '" + (dir_ / "taken.new") + "' '" + (dir_ / "taken") +
           "' && echo x >> '" + (dir_ / "count") + "'");
  }

  // One list with one designated contact, which has a login and no other proof.
  void write_roll(const MadeKey& key, Instant heard = now()) const {
    RollContents contents;
    contents.lists = {{1, list, {"es"}, "admin@listas.example", {list}, false}};
    contents.contacts = {{1, {7, 70, "Asamblea", "info@example.org", {{"info"}, {}, false, false}}}};
    contents.seal_keys = {{key.key_id, key.public_key}};
    contents.last_word = heard;
    const auto roll = RollFile::open(dir_ / "roll");
    REQUIRE(roll);
    REQUIRE((*roll)->replace(contents));
  }

  void write_settings(const std::string& limits, const std::string& registry = away) const {
    test::write_all(dir_ / "portavoz.yaml", registry + "\nroll:\n  directory: " + (dir_ / "roll") +
                                                "\ndns:\n  resolvers: [\"127.0.0.1:1\"]" +
                                                "\ndoor:\n  memory: " + (dir_ / "seals") +
                                                "\n  held: " + (dir_ / "held") + "\n" + limits);
  }

  // What the list manager does.
  void script(const std::string& commands) {
    test::write_all(dir_ / "manager", "#!/bin/sh\n" + commands + "\n");
    REQUIRE(::chmod((dir_ / "manager").c_str(), 0755) == 0);
    manager_ = {dir_ / "manager", "-L", "a list"};
  }
  void manager(std::vector<std::string> argv) { manager_ = std::move(argv); }

  Ended deliver(const std::string& mail, const std::string& queue_id = "4ABC",
                const std::string& recipient = list) {
    auto ended = end_of(mail, queue_id, recipient);
    INFO(ended.err);
    // One line for the mail server's log. Behind it one more after a post went out, since the register is
    // away here.
    const bool told = ended.err.find("the register does not know yet") != std::string::npos;
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == (told ? 2 : 1));
    CHECK(ended.err.find("the register does not know yet") > ended.err.find('\n'));
    return ended;
  }

  Ended end_of(const std::string& mail, const std::string& queue_id, const std::string& recipient = list) {
    Command command;
    command.argv = {PORTAVOZ_BINARY_DIR "/bin/portavoz-deliver",
                    "--config",
                    dir_ / "portavoz.yaml",
                    "--list",
                    list,
                    "--recipient",
                    recipient,
                    "--sender",
                    "info@example.org",
                    "--queue-id",
                    queue_id,
                    "--"};
    command.argv.insert(command.argv.end(), manager_.begin(), manager_.end());
    command.input = mail;
    auto ended = run(command);
    REQUIRE(ended);
    return std::move(*ended);
  }

  std::string seal(const std::string& nonce = random_hex(16), Instant time = now(),
                   const std::string& of_list = list, const std::string& of_body = body) const {
    const auto key = SigningKey::load(dir_ / "seal.key");
    REQUIRE(key);
    const SealFacts facts{of_list, "<1@example.org>", "info@example.org", body_hash(of_body), {}, time};
    const std::string text = seal_text_to_sign(facts, key->key_id(), nonce);
    return "Portavoz-Seal: " + format_seal({key->key_id(), of_list, nonce, {}, key->sign(text), time}) + "\n";
  }

  std::string taken() const { return test::read_all(dir_ / "taken"); }
  std::size_t times_taken() const { return test::read_all(dir_ / "count").size() / 2; }
  std::vector<HeldPost> held() const { return shelf().list().value(); }
  Shelf shelf() const {
    auto shelf = Shelf::open(dir_ / "held", {1000, 1000000});
    REQUIRE(shelf);
    return std::move(*shelf);
  }
  const TempDir& dir() const { return dir_; }

  // It exits 0 and the one held post has this reason; the list manager was not run.
  void check_held(const std::string& mail, const std::string& reason) {
    const Ended ended = deliver(mail);
    CHECK(ended.exit_status == 0);
    REQUIRE(held().size() == 1);
    CHECK(held().front().reason == reason);
    CHECK(held().front().detail.find("not-") == 0);  // not-designated or not-proven
    CHECK(ended.err.find(reason + ": kept aside as " + held().front().id) != std::string::npos);
    CHECK(shelf().octets(held().front().id).value() == mail);
    CHECK(times_taken() == 0);
  }

 private:
  TempDir dir_;
  std::vector<std::string> manager_;
};

std::string crlf(std::string_view text) {
  std::string lines;
  for (const char c : text) lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return lines;
}

}  // namespace

TEST_CASE("a sealed post reaches the list manager without its seal and with the gate's other fields",
          "[deliver]") {
  Door door;
  const Ended ended = door.deliver(door.seal() + "Portavoz-Proof: login\n" + header + "\n" + body);
  CHECK(ended.exit_status == 0);
  CHECK(ended.err.find("info: 4ABC to avisos@listas.example: the list manager took it") != std::string::npos);
  CHECK(door.taken() ==
        "Return-Path: <info@example.org>\nDelivered-To: avisos@listas.example\nX-Original-To: "
        "avisos@listas.example\n"
        "Portavoz-Proof: login\n" +
            header + "\n" + body);
  CHECK(door.held().empty());
}

TEST_CASE("a sealed post with CRLF lines is let in as well", "[deliver]") {
  Door door;
  CHECK(door.deliver(crlf(door.seal() + header + "\n" + body)).exit_status == 0);
  CHECK(door.times_taken() == 1);
}

TEST_CASE("what has no good seal is kept aside, octet by octet", "[deliver]") {
  Door door;
  const std::string rest = header + "\n" + body;
  SECTION("no seal") { door.check_held("Portavoz-Proof: login\n" + rest, "unsealed"); }
  SECTION("a seal that is none") { door.check_held("PORTAVOZ-SEAL : v=1; yes\n" + rest, "seal-unreadable"); }
  SECTION("a seal for another list") {
    door.check_held(door.seal(random_hex(16), now(), "otra@listas.example") + rest, "seal-other-list");
  }
  SECTION("two seals") { door.check_held(door.seal() + door.seal() + rest, "seal-ambiguous"); }
  SECTION("another body") { door.check_held(door.seal() + rest + "and more\n", "seal-forged"); }
  SECTION("another From") {
    door.check_held(door.seal() + "From: x@example.org\nMessage-ID: <1@example.org>\n\n" + body,
                    "seal-forged");
  }
  SECTION("another Message-ID") {
    door.check_held(door.seal() + "From: info@example.org\nMessage-ID: <2@example.org>\n\n" + body,
                    "seal-forged");
  }
  SECTION("an old seal") {
    door.check_held(door.seal(random_hex(16), now() - std::chrono::hours(145)) + rest, "seal-expired");
  }
  SECTION("a seal from the future") {
    door.check_held(door.seal(random_hex(16), now() + std::chrono::hours(1)) + rest, "seal-future");
  }
  SECTION("a seal by a key that this door does not know") {
    const Door other;
    door.check_held(other.seal() + rest, "seal-unknown-key");
  }
}

TEST_CASE("without a register a post is taken once as well, and nothing waits to be told to anybody",
          "[deliver]") {
  Door door("", "register: none");
  const std::string mail = door.seal() + header + "\n" + body;
  const Ended ended = door.deliver(mail, "4ABC");
  CHECK(ended.exit_status == 0);
  CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  CHECK(door.deliver(mail, "4ZZZ").err.find("seal-repeated") != std::string::npos);
  CHECK(door.times_taken() == 1);
  CHECK_FALSE(std::filesystem::exists(door.dir() / "seals/unsent"));
}

TEST_CASE("a post is taken once by the list manager, however often it comes", "[deliver]") {
  Door door;
  const std::string mail = door.seal() + header + "\n" + body;
  CHECK(door.deliver(mail, "4ABC").exit_status == 0);
  for (const char* queue_id : {"4ABC", "4ZZZ"}) {
    const Ended again = door.deliver(mail, queue_id);
    CHECK(again.exit_status == 0);
    CHECK(again.err.find("seal-repeated") != std::string::npos);
  }
  CHECK(door.times_taken() == 1);
  CHECK(door.held().empty());
}

TEST_CASE(
    "a post that the list manager could not take comes again under its queue id, and a copy waits for it",
    "[deliver]") {
  Door door;
  const std::string mail = door.seal() + header + "\n" + body;
  const std::string failing =
      GENERATE(as<std::string>{}, "exit 75", "exit 1", "exit 127", "kill -9 $$", "exit 74");
  INFO(failing);
  door.script("cat > /dev/null; " + failing);
  CHECK(door.deliver(mail, "4ABC").exit_status == EX_TEMPFAIL);
  const Ended copy = door.deliver(mail, "4ZZZ");
  CHECK(copy.exit_status == EX_TEMPFAIL);
  CHECK(copy.err.find("seal-taken: 4ABC") != std::string::npos);
  door.script("cat > /dev/null; echo x >> '" + (door.dir() / "count") + "'");
  CHECK(door.deliver(mail, "4ABC").exit_status == 0);
  CHECK(door.deliver(mail, "4ZZZ").exit_status == 0);
  CHECK(door.times_taken() == 1);
  CHECK(door.held().empty());
}

TEST_CASE("a door that is killed before it could remember leaves the post to its own queue id", "[deliver]") {
  Door door;
  const std::string mail = door.seal() + header + "\n" + body;
  door.script("cat > /dev/null; kill -9 $PPID");
  CHECK(door.end_of(mail, "4ABC").signal == 9);
  door.script("cat > /dev/null; echo x >> '" + (door.dir() / "count") + "'");
  CHECK(door.deliver(mail, "4ZZZ").exit_status == EX_TEMPFAIL);
  CHECK(door.deliver(mail, "4ABC").exit_status == 0);
  CHECK(door.deliver(mail, "4ZZZ").exit_status == 0);
  CHECK(door.times_taken() == 1);
}

TEST_CASE("a list manager that cannot be started or does not read lets the post wait", "[deliver]") {
  Door door;
  const std::string large = body + std::string(3000000, 'x') + "\n";
  const std::string mail = door.seal(random_hex(16), now(), list, large) + header + "\n" + large;
  SECTION("it is not there") { door.manager({door.dir() / "absent"}); }
  SECTION("it does not read") { door.script("exec 0<&-; exit 0"); }
  const Ended ended = door.deliver(mail);
  CHECK(ended.exit_status == EX_TEMPFAIL);
  CHECK(ended.err.find("it waits in the queue") != std::string::npos);
}

TEST_CASE("what the list manager refuses for good is kept aside, not bounced", "[deliver]") {
  Door door;
  door.script("cat > /dev/null; echo 'no such list' >&2; exit 77");
  const std::string mail = door.seal() + header + "\n" + body;
  CHECK(door.deliver(mail).exit_status == 0);
  CHECK(door.deliver(mail).exit_status == 0);  // the server tries again: kept once
  REQUIRE(door.held().size() == 1);
  CHECK(door.held().front().reason == "list-manager-refused");
  CHECK(door.held().front().detail.find("exit 77: no such list") != std::string::npos);
}

TEST_CASE("a held post can be released to the list manager that it was meant for", "[deliver]") {
  Door door;
  REQUIRE(door.deliver("Portavoz-Assembly: forged\n" + header + "\n" + body).exit_status == 0);
  Shelf shelf = door.shelf();
  const auto status = shelf.release(door.held().front().id, [](const Release& release) {
    const auto ended = run({.argv = release.post.argv, .input = release.message, .identity = std::nullopt});
    return ended ? Result<int>(exit_code(*ended)) : Result<int>(ended.error());
  });
  REQUIRE(status);
  CHECK(*status == 0);
  CHECK(door.times_taken() == 1);
  CHECK(door.taken().find("forged") == std::string::npos);
  CHECK(door.held().empty());
}

TEST_CASE("when the shelf has no room the post waits, and the log says what to do", "[deliver]") {
  Door door("  held_max_posts: 1\n");
  CHECK(door.deliver(header + "\n1\n", "4AAA").exit_status == 0);
  const Ended second = door.deliver(header + "\n2\n", "4BBB");
  CHECK(second.exit_status == EX_TEMPFAIL);
  CHECK(second.err.find("portavoz held list") != std::string::npos);
  CHECK(door.deliver(header + "\n1\n", "4AAA").exit_status == 0);  // the one that is here already
  CHECK(door.held().size() == 1);
}

TEST_CASE("when the door cannot know, everything waits", "[deliver]") {
  Door door;
  const std::string mail = door.seal() + header + "\n" + body;
  SECTION("no roll") { std::filesystem::remove_all(door.dir() / "roll"); }
  SECTION("a roll that is too old") {
    const auto key = make_key(door.dir() / "other.key");
    REQUIRE(key);
    door.write_roll(*key, now() - std::chrono::hours(73));
  }
  SECTION("no memory of seals") { test::write_all(door.dir() / "seals", "a file in its place"); }
  SECTION("a broken configuration") { door.write_settings("  sealkeys: typo\n  held: twice\n"); }
  SECTION("no configuration") { std::filesystem::remove(door.dir() / "portavoz.yaml"); }
  const Ended ended = door.deliver(mail);
  CHECK(ended.exit_status == EX_TEMPFAIL);
  CHECK(door.times_taken() == 0);
}

TEST_CASE("a shelf that cannot be written lets the post wait", "[deliver]") {
  Door door;
  test::write_all(door.dir() / "held", "a file in its place");
  CHECK(door.deliver(header + "\n" + body).exit_status == EX_TEMPFAIL);
}

TEST_CASE("a wrong command line in master.cf makes mail wait and never bounce", "[deliver]") {
  const std::string option = GENERATE(as<std::string>{}, "--lst=x", "--list", "--help", "--lmtp", "");
  Command command;
  command.argv = {PORTAVOZ_BINARY_DIR "/bin/portavoz-deliver", "--queue-id", "4ABC", "--recipient",
                  "x@y.example"};
  if (!option.empty()) command.argv.push_back(option);
  const auto ended = run(command);
  REQUIRE(ended);
  CHECK(ended->exit_status == EX_TEMPFAIL);
  CHECK(ended->err.find("master.cf") != std::string::npos);
}

TEST_CASE("a command to the list manager passes without a seal and without our fields", "[deliver]") {
  Door door;
  const std::string recipient = GENERATE(as<std::string>{}, "avisos+subscribe@listas.example",
                                         "Avisos+Confsub-0123abcd@Listas.Example");
  CHECK(door.deliver("Portavoz-Proof: login\nTo: avisos@listas.example\n" +
                         std::string("From: ana@example.org\n\nx\n"),
                     "4ABC", recipient)
            .exit_status == 0);
  CHECK(door.taken() == "Return-Path: <info@example.org>\nDelivered-To: " + recipient + "\nX-Original-To: " +
                            recipient + "\nTo: " + recipient + "\nFrom: ana@example.org\n\nx\n");
}

TEST_CASE("what is not this list's command is a post and needs a seal", "[deliver]") {
  Door door;
  const std::string recipient = GENERATE(as<std::string>{}, "avisos+unknown@listas.example",
                                         "avisos@listas.example", "otra+subscribe@listas.example",
                                         "avisos+subscribe@otra.example", "avisos-subscribe@listas.example",
                                         "+subscribe@listas.example", "avisos+subscribe", "subscribe");
  INFO(recipient);
  CHECK(door.deliver("To: avisos+subscribe@listas.example\n" + header + "\n" + body, "4ABC", recipient)
            .exit_status == 0);
  CHECK(door.times_taken() == 0);
  REQUIRE(door.held().size() == 1);
  CHECK(door.held().front().reason == "unsealed");
}

// The real mlmmj. Its sending is pointed at a port where nobody listens: a post that it takes as one still
// gets its place in archive/, a command its file in subconf/.
class MlmmjDoor : public Door {
 public:
  explicit MlmmjDoor(bool tocc) {
    const std::string spool = dir() / "avisos";
    for (const char* folder :
         {"archive", "bounce", "control", "digesters.d", "incoming", "index.d", "moderation", "nomailsubs.d",
          "queue/discarded", "requeue", "subconf", "subscribers.d", "text", "unsubconf"})
      std::filesystem::create_directories(spool + "/" + folder);
    test::write_all(spool + "/control/listaddress", list + "\n");
    test::write_all(spool + "/control/owner", "owner@listas.example\n");
    test::write_all(spool + "/control/relayhost", "127.0.0.1\n");
    test::write_all(spool + "/control/smtpport", "1\n");
    test::write_all(spool + "/index", "0");
    test::write_all(spool + "/subscribers.d/r", "reader@example.net\n");
    std::filesystem::copy("/usr/share/mlmmj/text.skel/en", spool + "/text");
    if (tocc) test::write_all(spool + "/control/tocc", "");
    manager({"/usr/bin/mlmmj-receive", "-F", "-L", spool});
  }
  std::size_t posts() const { return test::entries(dir() / "avisos/archive"); }
  std::size_t subscriptions() const { return test::entries(dir() / "avisos/subconf"); }
};

TEST_CASE("with the real mlmmj a sealed post is a post, whatever other recipient its header names",
          "[deliver][mlmmj]") {
  const bool tocc = GENERATE(false, true);
  MlmmjDoor door(tocc);
  const std::string forged =
      "Delivered-To: avisos+subscribe@listas.example\n"
      "X-Original-To: avisos+subscribe@listas.example\n";
  CHECK(door.deliver(forged + door.seal() + header + "\n" + body).exit_status == 0);
  CHECK(door.posts() == 1);
  CHECK(door.subscriptions() == 0);
}

TEST_CASE("with the real mlmmj no forged header turns a command into a post", "[deliver][mlmmj]") {
  const bool tocc = GENERATE(false, true);
  MlmmjDoor door(tocc);
  const std::string forged = GENERATE(
      as<std::string>{}, "", "To: avisos@listas.example\n", "Cc: avisos@listas.example\n",
      "Delivered-To: avisos@listas.example\n", "X-Original-To: avisos@listas.example\n",
      "Delivered-To : avisos@listas.example\nTO: avisos@listas.example\nTo:\n avisos@listas.example\n",
      "Subject: x\rTo: avisos@listas.example\n", "no field\nTo: avisos@listas.example\n");
  INFO("tocc " << tocc << ", " << forged);
  CHECK(door.deliver("From: ana@example.org\n" + forged + "\nforged post\n", "4ABC",
                     "avisos+subscribe@listas.example")
            .exit_status == 0);
  CHECK(door.posts() == 0);
  CHECK(door.subscriptions() == 1);
}
