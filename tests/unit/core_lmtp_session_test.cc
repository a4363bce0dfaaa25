#include <string>
#include <vector>

#include "core/lmtp/session.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

// Takes a@, defers later@, refuses the rest; answers each delivery with the recipient's name.
class Notes final : public LmtpDestination {
 public:
  LmtpReply recipient(const std::string& address) override {
    if (address == "later@x.example") return {451, "4.3.0 later"};
    if (address.starts_with("no")) return {550, "5.1.1 nobody"};
    return {250, "2.1.5 ok"};
  }
  void message(const LmtpMail& mail) override { messages.push_back(mail); }
  LmtpReply deliver(const LmtpMail& mail, const std::string& recipient) override {
    CHECK(mail.octets == messages.back().octets);
    delivered.push_back(recipient);
    return {250, "2.0.0 " + recipient};
  }

  std::vector<LmtpMail> messages;
  std::vector<std::string> delivered;
};

class Talk {
 public:
  explicit Talk(std::size_t limit = 1000) : session_("mx.example", limit, notes) {}

  // What is answered, the codes of whole lines apart: "250 250 354".
  std::string say(const std::string& octets) {
    said.clear();
    open = session_.take(octets, [this](std::string_view reply) {
      said += reply;
      return peer_there;
    });
    std::string codes;
    for (std::size_t at = 0; at < said.size(); at = said.find("\r\n", at) + 2)
      if (said[at + 3] == ' ') codes += (codes.empty() ? "" : " ") + said.substr(at, 3);
    return codes;
  }
  void hello() { CHECK(say("LHLO me\r\n") == "250"); }

  Notes notes;
  std::string said;
  bool open = true;
  bool peer_there = true;

 private:
  LmtpSession session_;
};

}  // namespace

TEST_CASE("LHLO announces what the door can do, and no size", "[lmtp]") {
  Talk talk;
  talk.hello();
  CHECK(talk.said ==
        "250-mx.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n");
}

TEST_CASE("each recipient that was taken gets its own answer, in order", "[lmtp]") {
  Talk talk;
  talk.hello();
  CHECK(
      talk.say("MAIL FROM:<s@x.example> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<a@x.example>\r\n"
               "RCPT TO:<later@x.example>\r\nRCPT TO:<no@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n") ==
      "250 250 451 550 250 354");
  CHECK(talk.say("Subject: x\r\n\r\n..\r\n.\r\n") == "250 250");
  CHECK(talk.said == "250 2.0.0 a@x.example\r\n250 2.0.0 b@x.example\r\n");
  REQUIRE(talk.notes.messages.size() == 1);
  CHECK(talk.notes.messages[0].sender == "s@x.example");
  CHECK(talk.notes.messages[0].utf8);
  CHECK(talk.notes.messages[0].octets == "Subject: x\n\n.\n");
  CHECK(talk.say("MAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n") ==
        "250 250 354 250 221");
  CHECK_FALSE(talk.open);
  CHECK(talk.notes.messages[1].sender.empty());
  CHECK_FALSE(talk.notes.messages[1].utf8);
}

TEST_CASE("a whole conversation may come octet by octet", "[lmtp]") {
  Talk talk;
  std::string codes;
  for (const char c : std::string("LHLO me\r\nMAIL FROM:<s@x.example>\r\nRCPT TO:<a@x.example>\r\nDATA\r\n"
                                  "x\r\n.\r\nRSET\r\nNOOP\r\nVRFY x\r\nQUIT\r\n")) {
    const std::string said = talk.say(std::string(1, c));
    if (!said.empty()) codes += said + " ";
  }
  CHECK(codes == "250 250 250 354 250 250 250 252 221 ");
}

TEST_CASE("commands out of order or out of form are refused and change nothing", "[lmtp]") {
  Talk talk;
  CHECK(talk.say("MAIL FROM:<s@x.example>\r\n") == "503");
  talk.hello();
  CHECK(talk.say("DATA\r\n") == "503");
  CHECK(talk.say("RCPT TO:<a@x.example>\r\n") == "503");
  CHECK(talk.say("HELO me\r\n") == "500");
  CHECK(talk.say("EHLO me\r\n") == "500");
  CHECK(talk.say("LHLO\r\n") == "501");
  CHECK(talk.say("\r\n") == "500");
  CHECK(talk.say("MAIL FROM: s@x.example\r\n") == "501");
  CHECK(talk.say("MAIL FROM:<s@x.example\r\n") == "501");
  CHECK(talk.say("MAIL FROM:<s@x.example> SIZE=10\r\n") == "555");
  CHECK(talk.say("MAIL FROM:<s@x.example>\r\nMAIL FROM:<t@x.example>\r\n") == "250 503");
  CHECK(talk.say("RCPT TO:<>\r\n") == "501");
  CHECK(talk.say("RCPT TO:<a@x.example> NOTIFY=NEVER\r\n") == "555");
  CHECK(talk.say("RCPT TO:<no@x.example>\r\nDATA\r\n") == "550 503");
  CHECK(talk.say(std::string("NOOP \0x\r\n", 9)) == "500");
  CHECK(talk.say("RSET\r\nRCPT TO:<a@x.example>\r\n") == "250 503");
  CHECK(talk.notes.messages.empty());
}

TEST_CASE("an address with a quoted > is taken whole", "[lmtp]") {
  Talk talk;
  talk.hello();
  CHECK(talk.say("mail from:<\"a>\\\"b\"@x.example>\r\nrcpt to:<a@x.example>\r\ndata\r\nx\r\n.\r\n") ==
        "250 250 354 250");
  CHECK(talk.notes.messages[0].sender == "\"a>\\\"b\"@x.example");
}

TEST_CASE("what is too long or too many is bounded", "[lmtp]") {
  Talk talk(20);
  talk.hello();
  SECTION("a message") {
    CHECK(talk.say("MAIL FROM:<>\r\nRCPT TO:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n") ==
          "250 250 250 354");
    CHECK(talk.say(std::string(100, 'x') + "\r\n.\r\nNOOP\r\n") == "452 452 250");
    CHECK(talk.notes.delivered.empty());
  }
  SECTION("a command") {
    CHECK(talk.say("NOOP " + std::string(5000, 'x')) == "500");
    CHECK_FALSE(talk.open);
  }
  SECTION("recipients") {
    talk.say("MAIL FROM:<>\r\n");
    for (int i = 0; i < 100; ++i) CHECK(talk.say("RCPT TO:<a@x.example>\r\n") == "250");
    CHECK(talk.say("RCPT TO:<a@x.example>\r\n") == "452");
  }
}

TEST_CASE("when the peer is gone nothing more is delivered for it", "[lmtp]") {
  Talk talk;
  talk.hello();
  talk.say("MAIL FROM:<>\r\nRCPT TO:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n");
  talk.peer_there = false;
  talk.say("x\r\n.\r\n");
  CHECK_FALSE(talk.open);
  CHECK(talk.notes.delivered == std::vector<std::string>{"a@x.example"});
}
