#include "adapters/json/zone_json.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

std::vector<std::string> values(const DnsAnswer& answer) {
  return answer.found() ? answer.value().values : std::vector<std::string>{};
}

ZoneDns zone(const char* json) {
  auto read = read_zone(json);
  REQUIRE(read);
  return std::move(*read);
}

}  // namespace

TEST_CASE("a zone answers from its table, whatever the case of the name and its trailing dot") {
  ZoneDns dns = zone(R"({"Example.ORG.": [["TXT", "v=spf1 -all"], ["A", "192.0.2.1"], ["AAAA", "2001:DB8::1"],
                         ["MX", "20 second.example."], ["MX", "10 first.example"], ["PTR", "host.example."]]})");
  CHECK(values(dns.ask("example.org", DnsType::txt)) == std::vector<std::string>{"v=spf1 -all"});
  CHECK(values(dns.ask("EXAMPLE.org.", DnsType::a)) == std::vector<std::string>{"192.0.2.1"});
  CHECK(values(dns.ask("example.org", DnsType::aaaa)) == std::vector<std::string>{"2001:db8::1"});
  CHECK(values(dns.ask("example.org", DnsType::mx)) ==
        std::vector<std::string>{"first.example", "second.example"});
  CHECK(values(dns.ask("example.org", DnsType::ptr)) == std::vector<std::string>{"host.example"});
  CHECK_FALSE(dns.ask("example.org", DnsType::txt).value().authentic);
}

TEST_CASE("what a zone does not have is absent, what it was told to fail is unavailable") {
  ZoneDns dns = zone(R"({"a.example": [["A", "192.0.2.1"]], "b.example": [["RCODE", "SERVFAIL"]],
                         "c.example": [["TIMEOUT", ""]], "d.example": [["RCODE", "NXDOMAIN"]], "e.example": []})");
  CHECK(dns.ask("a.example", DnsType::txt).absent());
  CHECK(dns.ask("x.example", DnsType::a).absent());
  CHECK(dns.ask("d.example", DnsType::a).absent());
  CHECK(dns.ask("e.example", DnsType::a).absent());
  const auto failed = dns.ask("b.example", DnsType::a);
  REQUIRE(failed.unavailable());
  CHECK(failed.why() == "SERVFAIL for b.example");
  CHECK(dns.ask("c.example", DnsType::txt).unavailable());
}

TEST_CASE("a zone's aliases are followed, and a circle of them is not") {
  ZoneDns dns = zone(R"({"a.example": [["CNAME", "B.example."]], "b.example": [["CNAME", "c.example"]],
                         "c.example": [["TXT", "here"]], "gone.example": [["CNAME", "nowhere.example"]],
                         "one.example": [["CNAME", "two.example"]], "two.example": [["CNAME", "one.example"]]})");
  CHECK(values(dns.ask("a.example", DnsType::txt)) == std::vector<std::string>{"here"});
  CHECK(dns.ask("gone.example", DnsType::txt).absent());
  CHECK(dns.ask("one.example", DnsType::txt).unavailable());
}

TEST_CASE("a zone that does not read says which name is wrong") {
  const auto json =
      GENERATE(R"([])", R"({"bad.example": "A"})", R"({"bad.example": [["A"]]})",
               R"({"bad.example": [["A", "999.0.0.1"]]})", R"({"bad.example": [["A", "::1"]]})",
               R"({"bad.example": [["AAAA", "192.0.2.1"]]})", R"({"bad.example": [["MX", "host"]]})",
               R"({"bad.example": [["MX", "70000 host"]]})", R"({"bad.example": [["SRV", "x"]]})",
               R"({"bad.example": [["A", 1]]})", R"({"bad)");
  const auto read = read_zone(json);
  CAPTURE(json);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::bad_input);
  if (std::string(json).find("\"bad.example\"") != std::string::npos)
    CHECK_THAT(read.error().what, Catch::Contains("bad.example"));
}
