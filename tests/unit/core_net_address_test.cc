// Where the verifier may connect: addresses, ports, and every spelling that we know of what it may not.
#include <string>

#include "core/net/connect_rule.h"
#include "core/net/url.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

IpAddress ip(const std::string& text) {
  const auto parsed = IpAddress::parse(text);
  if (!parsed) FAIL(parsed.error().what);
  return *parsed;
}

}  // namespace

TEST_CASE("addresses of the public internet are public") {
  const std::string address = GENERATE(
      "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0",
      "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
      "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
      "223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:2800:220:1::1",
      "2a00:1450::1", "2620:4f:8001::1", "3ffe:ffff::1", "3fff:1000::1");
  INFO(address);
  CHECK(ip(address).is_public());
}

TEST_CASE("special addresses are never public") {
  const std::string address = GENERATE(
      "0.0.0.0", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
      "100.127.255.255", "127.0.0.1", "127.0.0.2", "127.255.255.255", "168.63.129.16", "169.254.0.1",
      "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9",
      "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.1.1",
      "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
      "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
      "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "100::1", "2001::1",
      "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:1ff::1", "2001:db8::1",
      "2002:7f00:1::", "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1",
      "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1");
  INFO(address);
  CHECK_FALSE(ip(address).is_public());
}

TEST_CASE("an address is text of one kind only") {
  CHECK(ip("2001:DB8:0:0::1").text() == "2001:db8::1");
  CHECK(ip("::ffff:1.2.3.4").is_v6());
  CHECK_FALSE(ip("1.2.3.4") == ip("::ffff:1.2.3.4"));
  const std::string no_address = GENERATE("", "127.1", "1.2.3.4.5", "01.2.3.4", "0x7f.0.0.1", "256.1.1.1",
                                          "[::1]", "fe80::1%lo", "1.2.3.4 ", "localhost", "::1::");
  INFO(no_address);
  CHECK_FALSE(IpAddress::parse(no_address));
}

TEST_CASE("every spelling of a forbidden address is refused, or is no URL") {
  const std::string host = GENERATE(
      "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0X7F000001", "0177.0.0.1", "017700000001",
      "0x7f.1", "0x7f.0x0.0x0.0x1", "127.0.0.1.", "127.000.000.001", "0", "0.0.0.0", "0x0", "00", "[::1]",
      "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
      "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]",
      "[fe80::1%25lo]", "[::ffff:0:127.0.0.1]", "[fec0::1]", "[fd00:ec2::254]", "[ff02::1]", "①②⑦.⓪.⓪.①",
      "127。0。0。1", "１２７.0.0.1", "10.1", "0xa.1", "167772161", "169.254.169.254", "2852039166",
      "0xa9fea9fe", "0251.0376.0251.0376", "172.31.255.255", "192.168.257", "3232235777", "100.64.0.1",
      "198.18.0.1", "192.0.2.1", "224.0.0.1", "4294967295", "4294967296", "256.0.0.1", "0x100000000",
      "127.0.0.1.1", "1.2.3.4.5", "08.0.0.1");
  INFO(host);
  const auto url = Url::parse("http://" + host + "/");
  if (!url) {
    CHECK(url.error().kind == ErrorKind::bad_input);
    return;
  }
  REQUIRE(url->literal());
  CHECK(ConnectRule().judge({*url->literal(), url->port()}) == FetchOutcome::blocked_address);
}

TEST_CASE("ports 80 and 443 of public addresses are open, and nothing else") {
  const ConnectRule rule;
  CHECK(rule.judge({ip("93.184.216.34"), 80}) == FetchOutcome::ok);
  CHECK(rule.judge({ip("93.184.216.34"), 443}) == FetchOutcome::ok);
  CHECK(rule.judge({ip("2606:2800:220:1::1"), 443}) == FetchOutcome::ok);
  for (const int number : {0, 22, 25, 53, 79, 81, 444, 3306, 5432, 6379, 8080, 8443, 65535}) {
    const auto port = static_cast<std::uint16_t>(number);
    CHECK_FALSE(rule.port_possible(port));
    CHECK(rule.judge({ip("93.184.216.34"), port}) == FetchOutcome::blocked_port);
  }
  CHECK(rule.judge({ip("127.0.0.1"), 80}) == FetchOutcome::blocked_address);
}

TEST_CASE("an exception opens one address at one port") {
  const ConnectRule rule({*parse_endpoint("127.0.0.1:8081")});
  CHECK(rule.judge({ip("127.0.0.1"), 8081}) == FetchOutcome::ok);
  CHECK(rule.port_possible(8081));
  CHECK(rule.judge({ip("127.0.0.1"), 80}) == FetchOutcome::blocked_address);
  CHECK(rule.judge({ip("127.0.0.2"), 8081}) == FetchOutcome::blocked_address);
  CHECK(rule.judge({ip("::1"), 8081}) == FetchOutcome::blocked_address);
  CHECK(rule.judge({ip("::ffff:127.0.0.1"), 8081}) == FetchOutcome::blocked_address);
  CHECK(rule.judge({ip("127.0.0.1"), 8082}) == FetchOutcome::blocked_port);
  CHECK(rule.judge({ip("93.184.216.34"), 8081}) == FetchOutcome::blocked_port);
}

TEST_CASE("an endpoint is an address and a port, and nothing else") {
  CHECK(parse_endpoint("[2001:db8::1]:80")->address == ip("2001:db8::1"));
  CHECK(parse_endpoint("192.0.2.1:65535")->port == 65535);
  const std::string wrong =
      GENERATE("", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80 ",
               "localhost:80", "::1:80", "[127.0.0.1]:80", "[::1]", "127.0.0.0/8:80", "*:80");
  INFO(wrong);
  CHECK_FALSE(parse_endpoint(wrong));
}
