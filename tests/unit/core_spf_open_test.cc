// A pass that lets anybody in is marked: it proves nothing about who sent.
#include "core/spf/spf.h"
#include "tests/unit/core_spf_zone.h"

using namespace portavoz;
using namespace portavoz::spf_tests;
using enum portavoz::DnsType;

namespace {

// An answer for 192.0.2.4 (named mail.stranger.test) or its IPv6 twin, which pass every record below.
SpfAnswer answer_for(const std::string& terms, const std::string& client = "192.0.2.4") {
  Table dns{{"d.example", txt, "v=spf1 " + terms},
            {"d.example", a, client},
            {"d.example", aaaa, client},
            {"d.example", mx, "d.example"},
            {"everybody.example", txt, "v=spf1 +all"},
            {"behind.example", txt, "v=spf1 include:everybody.example"},
            {"wide.example", txt, "v=spf1 ip4:128.0.0.0/1"},
            {"ours.example", txt, "v=spf1 ip4:192.0.2.4"},
            {"mail.stranger.test", a, client},
            {"mail.stranger.test", txt, "v=spf1 ip4:192.0.2.4"},
            {"4.2.0.192.in-addr.arpa", ptr, "mail.stranger.test"},
            {"4.2.0.192.in-addr.arpa", a, "127.0.0.1"},
            {"192.0.2.4.ok.d.example", a, "127.0.0.2"},
            {"mail.stranger.test.ok.d.example", a, "127.0.0.2"},
            {"info.ok.d.example", a, "127.0.0.2"}};
  return ask(dns, "info@d.example", client, "mail.stranger.test");
}

}  // namespace

TEST_CASE("a pass that anybody gets is open") {
  const std::string terms = GENERATE(
      "+all", "all", "ip4:0.0.0.0/0", "ip4:192.0.0.0/7", "a/7", "a:d.example/0", "mx/4",
      "include:everybody.example", "include:behind.example", "include:wide.example",
      "redirect=everybody.example", "redirect=behind.example", "ip4:192.0.2.0/1 -all", "a:%{h}", "a:%{p}",
      "include:%{h}", "redirect=%{h}", "ptr:%{h}", "ptr:%{p}", "ptr:stranger.%{h1}", "exists:d.example",
      "exists:%{l}.ok.d.example", "exists:%{h}.ok.d.example", "exists:%{ir}.%{v}.arpa", "exists:%{h}");
  INFO(terms);
  const auto answer = answer_for(terms);
  INFO(answer.why);
  REQUIRE(answer.result == SpfResult::pass);
  CHECK(answer.open);
}

TEST_CASE("a pass that the domain gave to this client is not open") {
  const std::string terms = GENERATE(
      "ip4:192.0.2.4 +all", "ip4:192.0.0.0/8", "a", "a/8", "a:d.example", "mx", "mx/24 +all",
      "include:ours.example", "redirect=ours.example", "ptr:stranger.test", "exists:%{i}.ok.d.example",
      "exists:%{p}.ok.d.example", "exists:%{i}.ok.%{d}", "?include:everybody.example ip4:192.0.2.4");
  INFO(terms);
  const auto answer = answer_for(terms);
  INFO(answer.why);
  if (terms.starts_with('?')) {
    CHECK(answer.result == SpfResult::neutral);
  } else {
    REQUIRE(answer.result == SpfResult::pass);
  }
  CHECK_FALSE(answer.open);
}

TEST_CASE("IPv6 networks are wide when they are shorter than 19") {
  CHECK(answer_for("ip6:2001::/18", "2001:db8::4").open);
  CHECK(answer_for("a//18", "2001:db8::4").open);
  CHECK(answer_for("mx/0//0", "2001:db8::4").open);
  const auto narrow = answer_for("ip6:2001::/19", "2001:db8::4");
  CHECK(narrow.result == SpfResult::pass);
  CHECK_FALSE(narrow.open);
  CHECK_FALSE(answer_for("a/0//19", "2001:db8::4").open);
}

TEST_CASE("a name below a top-level domain is everybody's") {
  Table dns{{"d.test", txt, "v=spf1 ptr:%{d1}"},
            {"4.2.0.192.in-addr.arpa", ptr, "mail.stranger.test"},
            {"mail.stranger.test", a, "192.0.2.4"}};
  const auto answer = ask(dns, "info@d.test", "192.0.2.4");
  CHECK(answer.result == SpfResult::pass);
  CHECK(answer.open);
}

TEST_CASE("only a pass is open") {
  CHECK_FALSE(answer_for("-all").open);
  CHECK_FALSE(answer_for("?all").open);
  CHECK_FALSE(answer_for("~include:everybody.example").open);
  CHECK_FALSE(answer_for("redirect=absent.example").open);
}
