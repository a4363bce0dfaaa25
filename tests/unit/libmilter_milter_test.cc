#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
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

  // The first steps of a message, each answered "go on".
  void begin_message(const std::string& recipient) const {
    const auto text = [](const std::string& value) { return value + '\0'; };
    REQUIRE(step('M', text("<a@x.example>")) == "c");
    REQUIRE(step('R', text("<" + recipient + ">")) == "c");
  }
  [[nodiscard]] std::string end_message() const { return step('E', ""); }
  void begin_another() const { send_packet('M', std::string("<a@x.example>") + '\0'); }

  // Whether the filter hangs up without a word; waits for it.
  [[nodiscard]] bool hangs_up() const {
    char octet = 0;
    return read(socket_, &octet, 1) <= 0;
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

namespace {

// A filter in a process of its own: it serves until it is told to stop. These tests stand before the one that
// has its filter in this process: where libmilter has stopped once, it does not start again.
class Filter {
 public:
  explicit Filter(Millis within)
      : path_(
            (std::filesystem::temp_directory_path() / ("portavoz-stop-" + std::to_string(getpid()) + ".sock"))
                .string()) {
    FailingSession::failing_step = "reply";
    REQUIRE(pipe(orders_.data()) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) serve_and_end(within);
    while (!milter_answers(path_, Millis(3'000))) std::this_thread::sleep_for(Millis(5));
  }
  ~Filter() {
    if (pid_ > 0) static_cast<void>(ended());
    for (const int end : orders_) close(end);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  // From when this returns on nobody can connect.
  void stop() const {
    REQUIRE(write(orders_[1], "s", 1) == 1);
    while (std::filesystem::exists(path_)) std::this_thread::sleep_for(Millis(5));
  }
  // How many messages were not over.
  [[nodiscard]] int ended() {
    int status = 0;
    [[maybe_unused]] const auto told = write(orders_[1], "s", 1);
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  [[noreturn]] void serve_and_end(Millis within) const {
    auto server = MilterServer::open({"test", path_}, [] { return std::make_unique<FailingSession>(); });
    if (!server) _exit(99);
    std::thread serving([&] { static_cast<void>((*server)->serve()); });
    char order = 0;
    if (read(orders_[0], &order, 1) != 1) _exit(98);
    const std::size_t unfinished = (*server)->stop(within);
    serving.join();
    _exit(static_cast<int>(unfinished));
  }

  std::string path_;
  std::array<int, 2> orders_{-1, -1};
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("a stop lets the messages that began come to their answers, and begins no other") {
  Filter filter(Millis(60'000));
  const MailServer half_way(filter.path());
  half_way.negotiate(offered_steps);
  half_way.begin_message("list@x.example");
  const MailServer idle(filter.path());
  idle.negotiate(offered_steps);
  CHECK(idle.message("list@x.example").starts_with("y550"));

  filter.stop();
  CHECK_FALSE(milter_answers(filter.path(), Millis(3'000)));
  idle.begin_another();
  CHECK(half_way.end_message() == std::string("y550-5.7.2 100%% refused\r\n550 5.7.2 second line") + '\0');
  CHECK(idle.hangs_up());
  CHECK(filter.ended() == 0);
}

TEST_CASE("a stop waits no longer than it was told, and says how many messages were left") {
  Filter filter(Millis(50));
  const MailServer slow(filter.path());
  slow.negotiate(offered_steps);
  slow.begin_message("list@x.example");
  filter.stop();
  CHECK(slow.hangs_up());
  CHECK(filter.ended() == 1);
}

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

  CHECK((*server)->stop(Millis(10'000)) == 0);
  serving.join();
  std::filesystem::remove(path);
  const auto nobody = milter_answers(path.string(), Millis(3'000));
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().kind == ErrorKind::not_found);
}
