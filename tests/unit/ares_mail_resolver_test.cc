// The DNS for one post, asked of a real server on loopback.
#include "adapters/ares/mail_resolver.h"
#include "adapters/os/clock.h"
#include "tests/lib/catch.h"
#include "tests/lib/dns_server.h"

using namespace portavoz;
using portavoz::test::DnsServer;
using portavoz::test::TempDir;

namespace {

const std::string long_text(3000, 'k');

const std::string zone_text =
    R"({"a.example": [["TXT", "v=spf1 -all"], ["A", "192.0.2.1"], ["A", "192.0.2.2"],
  ["AAAA", "2001:db8::1"], ["MX", "20 m2.example"], ["MX", "10 m1.example"]],
  "1.2.0.192.in-addr.arpa": [["PTR", "a.example"]], "alias.example": [["CNAME", "a.example"]],
  "long.example": [["TXT", ")" +
    long_text + R"("]], "cut.example": [["TRUNCATE", ""], ["TXT", "whole"]],
  "failing.example": [["RCODE", "SERVFAIL"]], "refusing.example": [["RCODE", "REFUSED"]],
  "silent.example": [["TIMEOUT", ""]], "signed.example": [["AD", ""], ["TXT", "proved"]]})";

NameServers only(const DnsServer& server) {
  auto chosen = NameServers::choose({server.endpoint()}, false);
  REQUIRE(chosen);
  return std::move(*chosen);
}

struct Asked {
  DnsServer server{zone_text};
  MailResolver dns{only(server), monotonic, Millis(10'000)};

  std::vector<std::string> values(const std::string& name, DnsType type) {
    const auto answer = dns.ask(name, type);
    return answer.found() ? answer.value().values : std::vector<std::string>{};
  }
};

// A clock that is a second further each time somebody looks.
Millis hasty_clock() {
  static Millis time{0};
  return time += Millis(1000);
}

std::string refusal(const Result<NameServers>& chosen) {
  REQUIRE_FALSE(chosen);
  return chosen.error().what;
}

}  // namespace

TEST_CASE("a post's questions are answered, each type in its own form") {
  Asked asked;
  CHECK(asked.values("a.example", DnsType::txt) == std::vector<std::string>{"v=spf1 -all"});
  CHECK(asked.values("A.Example.", DnsType::a) == std::vector<std::string>{"192.0.2.1", "192.0.2.2"});
  CHECK(asked.values("a.example", DnsType::aaaa) == std::vector<std::string>{"2001:db8::1"});
  CHECK(asked.values("a.example", DnsType::mx) == std::vector<std::string>{"m1.example", "m2.example"});
  CHECK(asked.values("1.2.0.192.in-addr.arpa", DnsType::ptr) == std::vector<std::string>{"a.example"});
  CHECK(asked.values("alias.example", DnsType::txt) == std::vector<std::string>{"v=spf1 -all"});
}

TEST_CASE("an answer that UDP cuts comes whole over TCP") {
  Asked asked;
  CHECK(asked.values("cut.example", DnsType::txt) == std::vector<std::string>{"whole"});
  CHECK(asked.values("long.example", DnsType::txt) == std::vector<std::string>{long_text});
  CHECK(asked.server.questions() ==
        "TXT cut.example udp\nTXT cut.example tcp\nTXT long.example udp\nTXT long.example tcp\n");
}

TEST_CASE("what does not exist is absent, what fails is unavailable") {
  Asked asked;
  CHECK(asked.dns.ask("nowhere.example", DnsType::txt).absent());
  CHECK(asked.dns.ask("m1.example", DnsType::txt).absent());
  CHECK(asked.dns.ask("1.2.0.192.in-addr.arpa", DnsType::a).absent());
  const auto failed = asked.dns.ask("failing.example", DnsType::txt);
  REQUIRE(failed.unavailable());
  CHECK_THAT(failed.why(), Catch::Contains("TXT of failing.example"));
  CHECK(asked.dns.ask("refusing.example", DnsType::txt).unavailable());
}

TEST_CASE("what can be no name is absent, and nobody is asked") {
  Asked asked;
  const std::string name =
      GENERATE(std::string(), std::string("a..example"), std::string(64, 'x') + ".example",
               std::string("a\0.example", 10), std::string("x.onion"));
  CAPTURE(name);
  CHECK(asked.dns.ask(name, DnsType::txt).absent());
  CHECK(asked.server.questions().empty());
}

TEST_CASE("a backslash in a name escapes nothing") {
  Asked asked;
  CHECK(asked.dns.ask("a\\.example", DnsType::txt).absent());
  CHECK(asked.server.questions() == "TXT a\\.example udp\n");
}

TEST_CASE("the resolver is told that AD is understood, and its word is recorded") {
  Asked asked;
  CHECK(asked.dns.ask("signed.example", DnsType::txt).value().authentic);
  CHECK_FALSE(asked.dns.ask("a.example", DnsType::txt).value().authentic);
}

TEST_CASE("one post asks a question once, the next post asks again") {
  Asked asked;
  CHECK(asked.dns.ask("a.example", DnsType::txt).found());
  CHECK(asked.dns.ask("failing.example", DnsType::mx).unavailable());
  const std::string before = asked.server.questions();
  CHECK(asked.dns.ask("A.EXAMPLE.", DnsType::txt).found());
  CHECK(asked.dns.ask("failing.example", DnsType::mx).unavailable());
  CHECK(asked.server.questions() == before);

  asked.server.answer_with(R"({"a.example": [["TXT", "changed"]]})");
  MailResolver next(only(asked.server), monotonic, Millis(10'000));
  CHECK(next.ask("a.example", DnsType::txt).value().values.at(0) == "changed");
}

TEST_CASE("all questions of a post have one deadline together") {
  const DnsServer server(zone_text);
  MailResolver dns(only(server), hasty_clock, Millis(2500));
  const auto answer = dns.ask("silent.example", DnsType::txt);
  REQUIRE(answer.unavailable());
  CHECK_THAT(answer.why(), Catch::Contains("no answer within the time"));
  CHECK(dns.ask("a.example", DnsType::txt).unavailable());
}

TEST_CASE("a post may ask for a number of names and no more") {
  const DnsServer server(zone_text);
  MailResolver dns(only(server), monotonic, Millis(60'000));
  for (std::size_t i = 0; i < MailResolver::max_questions; ++i)
    CHECK(dns.ask(std::to_string(i) + ".example", DnsType::a).absent());
  const auto beyond = dns.ask("a.example", DnsType::a);
  REQUIRE(beyond.unavailable());
  CHECK_THAT(beyond.why(), Catch::Contains("DNS questions about one post"));
}

TEST_CASE("nobody answers at that port: unavailable") {
  std::string endpoint;
  { endpoint = DnsServer(zone_text).endpoint(); }
  MailResolver dns(*NameServers::choose({endpoint}, false), monotonic, Millis(10'000));
  CHECK(dns.ask("a.example", DnsType::txt).unavailable());
}

TEST_CASE("resolvers on this machine are taken, others only where the network is trusted") {
  CHECK(NameServers::choose({"127.0.0.1:53", "127.8.8.8:5353", "[::1]:53"}, false)->text() ==
        "127.0.0.1:53,127.8.8.8:5353,[::1]:53");
  for (const char* other : {"192.0.2.1:53", "[2001:db8::1]:53", "[::ffff:127.0.0.1]:53", "0.0.0.0:53"}) {
    CAPTURE(other);
    const std::string said = refusal(NameServers::choose({"127.0.0.1:53", other}, false));
    CHECK_THAT(said, Catch::Contains(other));
    CHECK_THAT(said, Catch::Contains("dns.trust_network: true"));
    CHECK(NameServers::choose({other}, true));
  }
  CHECK_THAT(refusal(NameServers::choose({"localhost"}, true)), Catch::Contains("dns.resolvers"));
}

TEST_CASE("without a name of a resolver those of resolv.conf are judged in the same way") {
  const TempDir dir;
  const std::string file = dir / "resolv.conf";
  test::write_all(file, "nameserver 127.0.0.53\nnameserver ::1\n");
  CHECK(NameServers::choose({}, false, file)->text() == "127.0.0.53:53,[::1]:53");
  test::write_all(file, "nameserver 127.0.0.1\nnameserver 192.0.2.53\n");
  const std::string said = refusal(NameServers::choose({}, false, file));
  CHECK_THAT(said, Catch::Contains("192.0.2.53:53"));
  CHECK_THAT(said, Catch::Contains(file));
  CHECK(NameServers::choose({}, true, file)->text() == "127.0.0.1:53,192.0.2.53:53");
}
