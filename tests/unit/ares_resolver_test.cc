// Look-ups one after another, asked of a name server that lives in the test's own loop.
#include <array>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <string>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/ares/resolver.h"
#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

// Denies every name, but is silent about those that begin with "silent"; remembers from which ports it was
// asked.
class NameServer {
 public:
  explicit NameServer(EpollReactor& loop)
      : loop_(loop), fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&here), size) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size) == 0);
    address = "127.0.0.1:" + std::to_string(ntohs(here.sin_port));
    loop_.watch(fd_, {true, false}, [this](Reactor::Ready) { answer(); });
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  NameServer(NameServer&&) = delete;
  NameServer& operator=(NameServer&&) = delete;
  ~NameServer() {
    loop_.forget(fd_);
    ::close(fd_);
  }

  // Denies the last silent name after all, at the port that asked for it.
  void answer_late() { deny(unanswered_, asker_); }

  std::string address;
  std::multiset<std::uint16_t> ports;

 private:
  void answer() {
    std::array<char, 512> buffer{};
    sockaddr_in asker{};
    socklen_t size = sizeof asker;
    const auto got =
        ::recvfrom(fd_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&asker), &size);
    REQUIRE(got > 12);
    const std::string query(buffer.data(), static_cast<std::size_t>(got));
    ports.insert(ntohs(asker.sin_port));
    if (query.compare(13, 6, "silent") != 0) return deny(query, asker);
    unanswered_ = query;
    asker_ = asker;
  }

  void deny(std::string query, const sockaddr_in& asker) const {
    query[2] = static_cast<char>(0x81);  // an answer (RFC 1035 §4.1.1)
    query[3] = static_cast<char>(0x83);  // NXDOMAIN
    query[11] = 0;                       // without the additional record of EDNS
    ::sendto(fd_, query.data(), query.size(), 0, reinterpret_cast<const sockaddr*>(&asker), sizeof asker);
  }

  EpollReactor& loop_;
  int fd_;
  std::string unanswered_;
  sockaddr_in asker_{};
};

Resolution::Answer ask(EpollReactor& loop, const AsyncResolve& resolve, const std::string& name) {
  std::optional<Resolution> answer;
  const auto look_up = resolve(name, Millis(100), [&](Resolution found) { answer = std::move(found); });
  loop.run_until([&] { return answer.has_value(); });
  return answer->answer;
}

auto open_descriptors() {
  const std::filesystem::directory_iterator folder("/proc/self/fd");
  return std::distance(begin(folder), end(folder));
}

}  // namespace

TEST_CASE("every look-up asks from a port of its own, whether the one before was answered or not") {
  EpollReactor loop(monotonic);
  NameServer server(loop);
  const auto resolve = Resolver::create(loop, {server.address})->existence();
  for (int i = 0; i < 10; ++i) {
    CHECK(ask(loop, resolve, "absent.test") == Resolution::Answer::no_name);
    CHECK(ask(loop, resolve, "silent.test") == Resolution::Answer::timed_out);
  }
  CHECK(server.ports.size() == 20);
  const std::set<std::uint16_t> different(server.ports.begin(), server.ports.end());
  CHECK(different.size() > 15);  // the kernel may choose one twice
}

TEST_CASE("an answer that comes after its look-up was given up answers no other one") {
  EpollReactor loop(monotonic);
  NameServer server(loop);
  const auto resolve = Resolver::create(loop, {server.address})->existence();
  CHECK(ask(loop, resolve, "silent.test") == Resolution::Answer::timed_out);
  server.answer_late();
  CHECK(ask(loop, resolve, "silent.too.test") == Resolution::Answer::timed_out);
  CHECK(ask(loop, resolve, "absent.test") == Resolution::Answer::no_name);
}

TEST_CASE("many look-ups at once end each with its own answer, and leave no socket open") {
  EpollReactor loop(monotonic);
  NameServer server(loop);
  const auto resolve = Resolver::create(loop, {server.address})->existence();
  const auto before_all = open_descriptors();
  int denied = 0;
  int silent = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<LookUp>> asked;
    const int before = denied + silent;
    for (int i = 0; i < 200; ++i) {
      const bool answered = i % 2 == 0;
      asked.push_back(resolve((answered ? "absent" : "silent") + std::to_string(i) + ".test", Millis(500),
                              [&, answered](const Resolution& found) {
                                if (answered && found.answer == Resolution::Answer::no_name) ++denied;
                                if (!answered && found.answer == Resolution::Answer::timed_out) ++silent;
                              }));
    }
    loop.run_until([&] { return denied + silent == before + 200; });
  }
  CHECK(denied == 300);
  CHECK(silent == 300);
  CHECK(open_descriptors() == before_all);
}
