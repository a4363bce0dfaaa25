#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapters/libmilter/milter.h"
#include "adapters/libmilter/probe.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

// Fails in the step that it is told to fail in. Its macros {rcpt_addr} say whether the message is a post.
class FailingSession final : public MilterSession {
 public:
  static inline std::string failing_step;

  void mail(const MilterMacros&) override { fail_at("mail"); }
  [[nodiscard]] MilterAnswer rcpt(MilterReplying& step, std::string_view) override {
    post_ = step.macro("{rcpt_addr}") == "list@x.example";
    fail_at("rcpt");
    if (failing_step != "recipient" || !post_) return MilterAnswer::proceed;
    step.set_reply({"550", "5.7.2", {"not this one"}});
    return MilterAnswer::reject;
  }
  void header(std::string_view, std::string_view) override { fail_at("header"); }
  [[nodiscard]] bool body(std::string_view) override {
    fail_at("body");
    return true;
  }
  [[nodiscard]] MilterAnswer end(MilterEnd& message) override {
    fail_at("end");
    if (failing_step == "reply") {
      message.set_reply({"550", "5.7.2", {"100% refused", "second line"}});
      return MilterAnswer::reject;
    }
    return MilterAnswer::proceed;
  }
  void forget() noexcept override { post_ = false; }
  [[nodiscard]] bool is_ours() const noexcept override { return post_; }
  [[nodiscard]] Reply failed(std::string_view, std::string_view) noexcept override {
    return {"451", "4.3.0", {"we failed"}};
  }

 private:
  static void fail_at(std::string_view step) {
    if (step == failing_step) throw std::runtime_error("told to fail");
    if (failing_step == std::string(step) + " with a number") throw 3;
  }
  bool post_ = false;
};

// The mail server's side of the milter protocol, as far as this test needs it.
class MailServer {
 public:
  explicit MailServer(const std::string& path) : socket_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect: " + std::string(std::strerror(errno)));
  }
  ~MailServer() { close(socket_); }
  MailServer(const MailServer&) = delete;
  MailServer& operator=(const MailServer&) = delete;

  void send_packet(char command, const std::string& data) const {
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(data.size() + 1));
    std::string packet(reinterpret_cast<const char*>(&length), sizeof length);
    packet += command + data;
    if (::send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(packet.size()))
      throw std::runtime_error("send");
  }

  [[nodiscard]] std::string receive() const {
    std::uint32_t length = 0;
    read_all(reinterpret_cast<char*>(&length), sizeof length);
    std::string packet(ntohl(length), '\0');
    read_all(packet.data(), packet.size());
    return packet;
  }

  void negotiate(std::uint32_t steps) const {
    const std::array<std::uint32_t, 3> offer{htonl(6), htonl(0x1FF), htonl(steps)};
    send_packet('O', std::string(reinterpret_cast<const char*>(offer.data()), sizeof offer));
    static_cast<void>(receive());
  }

  // A whole message to one recipient; the first answer that is not "go on", or "c".
  [[nodiscard]] std::string message(const std::string& recipient) const {
    const auto text = [](const std::string& value) { return value + '\0'; };
    std::string answer = step('M', text("<a@x.example>"));
    if (answer == "c") {
      send_packet('D', "R" + text("{rcpt_addr}") + text(recipient));
      answer = step('R', text("<" + recipient + ">"));
    }
    if (answer == "c") answer = step('L', text("From") + text(" a@x.example"));
    if (answer == "c") answer = step('B', "body\r\n");
    if (answer == "c" || answer == "s") answer = step('E', "");  // s: no more of the body is wanted
    return answer;
  }

 private:
  [[nodiscard]] std::string step(char command, const std::string& data) const {
    send_packet(command, data);
    return receive();
  }
  void read_all(char* into, std::size_t size) const {
    while (size > 0) {
      const auto got = read(socket_, into, size);
      if (got <= 0) throw std::runtime_error("the filter hung up");
      into += got;
      size -= static_cast<std::size_t>(got);
    }
  }
  int socket_;
};

// SMFIP_NOCONNECT, NOHELO, NOEOH, NOUNKNOWN, NODATA, SKIP and HDR_LEADSPC; no SMFIP_NR_*, so that every step
// is answered.
constexpr std::uint32_t offered_steps = 0x1 | 0x2 | 0x40 | 0x100 | 0x200 | 0x400 | 0x100000;

}  // namespace

TEST_CASE(
    "an exception in any step stops a post with 4xx, leaves ordinary mail alone, and the filter lives on") {
  const auto path =
      std::filesystem::temp_directory_path() / ("portavoz-milter-" + std::to_string(getpid()) + ".sock");
  auto server =
      MilterServer::open({"test", path.string()}, [] { return std::make_unique<FailingSession>(); });
  REQUIRE(server);
  std::thread serving([&] { static_cast<void>((*server)->serve()); });

  const auto answer_to = [&](const std::string& recipient, const std::string& failing) {
    FailingSession::failing_step = failing;
    const MailServer mail_server(path.string());
    mail_server.negotiate(offered_steps);
    return mail_server.message(recipient);
  };
  const std::string we_failed = std::string("y451 4.3.0 we failed") + '\0';
  for (const std::string step : {"rcpt", "header", "body", "end", "header with a number"}) {
    CAPTURE(step);
    CHECK(answer_to("list@x.example", step) == we_failed);
    CHECK(answer_to("reader@x.example", step) == "c");
  }
  // Before a recipient is known there is no post: the message goes on without us, and the door will see it.
  CHECK(answer_to("list@x.example", "mail") == "c");
  CHECK(answer_to("list@x.example", "none") == "c");
  CHECK(answer_to("list@x.example", "reply") ==
        std::string("y550-5.7.2 100%% refused\r\n550 5.7.2 second line") + '\0');

  CHECK(answer_to("list@x.example", "recipient") == std::string("y550 5.7.2 not this one") + '\0');
  CHECK(answer_to("reader@x.example", "recipient") == "c");

  CHECK(milter_answers(path.string(), Millis(3'000)));

  (*server)->stop();
  serving.join();
  std::filesystem::remove(path);
  const auto nobody = milter_answers(path.string(), Millis(3'000));
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().kind == ErrorKind::not_found);
}
