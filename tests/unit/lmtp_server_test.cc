// Our LMTP server and our LMTP client talk to each other, over real sockets.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/lmtp/client.h"
#include "adapters/lmtp/server.h"
#include "adapters/lmtp/socket.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

// What all connections of one server saw, and what they answer.
struct Behind {
  std::mutex mutex;  // guards mails
  std::vector<std::pair<std::string, LmtpMail>> mails;
  LmtpReply to_recipient{250, "2.1.5 ok"};
  LmtpReply to_message{250, "2.0.0 taken"};
  std::atomic<bool> throws = false;
};

class Destination final : public LmtpDestination {
 public:
  explicit Destination(Behind& behind) : behind_(behind) {}
  LmtpReply recipient(const std::string&) override { return behind_.to_recipient; }
  void message(const LmtpMail&) override {
    if (behind_.throws) throw std::runtime_error("a bug");
  }
  LmtpReply deliver(const LmtpMail& mail, const std::string& recipient) override {
    const std::lock_guard lock(behind_.mutex);
    behind_.mails.emplace_back(recipient, mail);
    return behind_.to_message;
  }

 private:
  Behind& behind_;
};

class Server {
 public:
  explicit Server(const std::string& where, std::size_t connections = 16)
      : server_(LmtpServer::open(
            where, "mx.example", {connections, 1000},
            [this] { return std::make_unique<Destination>(behind); },
            [this](const std::string& what) { reported = what; })) {
    REQUIRE(server_);
    thread_ = std::thread([this] { (*server_)->serve(); });
  }
  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  Server(Server&&) = delete;
  Server& operator=(Server&&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    (*server_)->stop();
    thread_.join();
  }

  Behind behind;
  std::string reported;  // read after stop()

 private:
  Result<std::unique_ptr<LmtpServer>> server_;
  std::thread thread_;
};

std::string greeting_on(const Socket& socket) {
  std::string text(100, '\0');
  if (wait_for(socket.get(), POLLIN, Millis(200), -1) != Wait::ready) return "nothing";
  const ssize_t got = ::recv(socket.get(), text.data(), text.size(), 0);
  return text.substr(0, got < 0 ? 0 : static_cast<std::size_t>(got));
}

const LmtpEnvelope envelope{"s@x.example", "a@x.example"};

}  // namespace

TEST_CASE("a message goes from our client to our server as it was", "[lmtp]") {
  const TempDir dir;
  const std::string where = dir / "lmtp.sock";
  Server server(where);
  struct stat about = {};
  REQUIRE(::stat(where.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0660U);

  const std::string message = "Subject: \xc3\xb1\n\n.\n..x\n\nend\n";
  const auto reply = lmtp_hand_over(where, envelope, message);
  REQUIRE(reply);
  CHECK(reply->code == 250);
  CHECK(reply->text == "2.0.0 taken");
  REQUIRE(lmtp_hand_over(where, {"", "\xc3\xb1@x.example"}, message));
  server.stop();
  REQUIRE(server.behind.mails.size() == 2);
  CHECK(server.behind.mails[0].first == "a@x.example");
  CHECK(server.behind.mails[0].second.sender == "s@x.example");
  CHECK(server.behind.mails[0].second.octets == message);
  CHECK_FALSE(server.behind.mails[0].second.utf8);
  CHECK(server.behind.mails[1].second.sender.empty());
  CHECK(server.behind.mails[1].second.utf8);
}

TEST_CASE("what the list manager answers comes back, at whatever step it says so", "[lmtp]") {
  const TempDir dir;
  Server server(dir / "lmtp.sock");
  const LmtpReply said{550, "5.7.1 no"};
  SECTION("to the recipient") { server.behind.to_recipient = said; }
  SECTION("to the message") { server.behind.to_message = said; }
  const auto reply = lmtp_hand_over(dir / "lmtp.sock", envelope, "x\n");
  REQUIRE(reply);
  CHECK(reply->permanent());
  CHECK(reply->text == "5.7.1 no");
}

TEST_CASE("a list manager that is away, silent, or no list manager is unavailable", "[lmtp]") {
  const TempDir dir;
  const std::string where = dir / "lmtp.sock";
  const LmtpTimes short_times{Millis(500), Millis(200), Millis(200)};
  std::string answer;
  SECTION("nobody listens") { answer = "away"; }
  SECTION("it says nothing") {}
  SECTION("it breaks off") { answer = "close"; }
  SECTION("it takes no mail now") { answer = "554 no service\r\n"; }
  SECTION("it is something else") { answer = "SSH-2.0-x\r\n"; }
  Result<Socket> listener = Socket();
  std::jthread other;
  if (answer != "away") {
    listener = listen_at(where);
    REQUIRE(listener);
    other = std::jthread([&](const std::stop_token& stop) {
      if (wait_for(listener->get(), POLLIN, Millis(5000), -1) != Wait::ready) return;
      Socket peer(::accept(listener->get(), nullptr, nullptr));
      if (answer == "close") return;
      static_cast<void>(send_all(peer.get(), answer, Millis(1000)));
      while (!stop.stop_requested()) static_cast<void>(wait_for(-1, 0, Millis(20), -1));
    });
  }
  const auto reply = lmtp_hand_over(where, envelope, "x\n", short_times);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::unavailable);
  CHECK(reply.error().what.find(where) != std::string::npos);
}

TEST_CASE("an address with a line end is never sent", "[lmtp]") {
  CHECK(lmtp_hand_over("/nowhere", {"s@x.example>\r\nRSET", "a@x.example"}, "x\n").error().kind ==
        ErrorKind::bad_input);
}

TEST_CASE("the server takes so many connections and no more, and the next when one ends", "[lmtp]") {
  const TempDir dir;
  Server server(dir / "lmtp.sock", 1);
  auto first = connect_to(dir / "lmtp.sock", Millis(1000));
  REQUIRE(first);
  CHECK(greeting_on(*first).starts_with("220 "));
  const auto second = connect_to(dir / "lmtp.sock", Millis(1000));
  REQUIRE(second);
  CHECK(greeting_on(*second) == "nothing");
  first->close();
  REQUIRE(wait_for(second->get(), POLLIN, Millis(10'000), -1) == Wait::ready);
  CHECK(greeting_on(*second).starts_with("220 "));
}

TEST_CASE("a stop closes what is open and takes the socket away", "[lmtp]") {
  const TempDir dir;
  {
    Server server(dir / "lmtp.sock");
    const auto open = connect_to(dir / "lmtp.sock", Millis(1000));
    REQUIRE(open);
    CHECK(greeting_on(*open).starts_with("220 "));
    server.stop();
    CHECK(greeting_on(*open).starts_with("421 "));
  }
  CHECK(::access((dir / "lmtp.sock").c_str(), F_OK) != 0);
}

TEST_CASE("a mistake of ours ends one connection and not the server", "[lmtp]") {
  const TempDir dir;
  Server server(dir / "lmtp.sock");
  server.behind.throws = true;
  CHECK_FALSE(lmtp_hand_over(dir / "lmtp.sock", envelope, "x\n"));
  server.behind.throws = false;
  CHECK(lmtp_hand_over(dir / "lmtp.sock", envelope, "x\n"));
  server.stop();
  CHECK(server.reported.find("a bug") != std::string::npos);
}

TEST_CASE("a socket that a crash left behind is replaced, a living one is not", "[lmtp]") {
  const TempDir dir;
  const std::string where = dir / "lmtp.sock";
  { const auto dead = listen_at(where); }
  CHECK(::access(where.c_str(), F_OK) == 0);
  const auto alive = listen_at(where);
  REQUIRE(alive);
  CHECK(listen_at(where).error().kind == ErrorKind::conflict);
  test::write_all(dir / "file", "not a socket");
  CHECK_FALSE(listen_at(dir / "file"));
  CHECK(test::read_all(dir / "file") == "not a socket");
}

TEST_CASE("a server listens on an IP address and port as well", "[lmtp]") {
  Result<Socket> listener = Socket();
  std::string where;
  for (int port = 20'000; port < 20'100; ++port) {  // some of them may be somebody's
    where = "127.0.0.1:" + std::to_string(port);
    listener = listen_at(where);
    if (listener) break;
  }
  REQUIRE(listener);
  CHECK(connect_to(where, Millis(1000)));
  CHECK(listen_at("localhost:24").error().kind == ErrorKind::bad_input);
}
