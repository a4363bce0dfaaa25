// The text of an SPF record: what is one, and what each of its terms says.
#include "core/base/text.h"
#include "core/spf/record.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

SpfTerm only_term(const std::string& record) {
  const auto parsed = parse_spf_record(record);
  if (!parsed) FAIL(parsed.error().what);
  REQUIRE(parsed->terms.size() == 1);
  return parsed->terms.front();
}

bool is_good(const std::string& terms) { return parse_spf_record("v=spf1 " + terms).has_value(); }

}  // namespace

TEST_CASE("a record begins with its version, in any case, and a blank or nothing behind it") {
  CHECK(is_spf_record("v=spf1"));
  CHECK(is_spf_record("v=spf1 "));
  CHECK(is_spf_record("V=SpF1 ~all"));
  CHECK_FALSE(is_spf_record(""));
  CHECK_FALSE(is_spf_record("v=spf10"));
  CHECK_FALSE(is_spf_record("v=spf1mx"));
  CHECK_FALSE(is_spf_record("v=spf1\tmx"));
  CHECK_FALSE(is_spf_record(" v=spf1 -all"));
  CHECK_FALSE(is_spf_record("v=spfl am not one"));
  CHECK_FALSE(is_spf_record("spf2.0/pra -all"));
}

TEST_CASE("terms stand between blanks, one or more, also at the end") {
  const std::string record = "v=spf1  a   mx ip4:192.0.2.1  -all  ";
  const auto parsed = parse_spf_record(record);
  REQUIRE(parsed);
  REQUIRE(parsed->terms.size() == 4);
  CHECK(parsed->terms[2].text == "ip4:192.0.2.1");
  CHECK(parsed->terms[3].text == "-all");
  CHECK(parse_spf_record("v=spf1")->terms.empty());
}

TEST_CASE("a qualifier says what a match means, and none means pass") {
  CHECK(only_term("v=spf1 all").result == SpfResult::pass);
  CHECK(only_term("v=spf1 +all").result == SpfResult::pass);
  CHECK(only_term("v=spf1 -all").result == SpfResult::fail);
  CHECK(only_term("v=spf1 ~all").result == SpfResult::softfail);
  CHECK(only_term("v=spf1 ?ALL").result == SpfResult::neutral);
}

TEST_CASE("a mechanism takes a domain and two lengths") {
  const std::string record = "v=spf1 -MX:%{d2}.example.com/24//64";
  const auto term = only_term(record);
  CHECK(term.mechanism == SpfMechanism::mx);
  CHECK(term.domain_spec == "%{d2}.example.com");
  CHECK(term.bits4 == 24);
  CHECK(term.bits6 == 64);
  CHECK(only_term("v=spf1 a//0").bits4 == 32);
  CHECK(only_term("v=spf1 a//0").bits6 == 0);
  CHECK(only_term("v=spf1 a/0").bits4 == 0);
  CHECK(only_term("v=spf1 a/0").bits6 == 128);
  CHECK(only_term("v=spf1 a:foo:bar/baz.example.com").bits4 == 32);
}

TEST_CASE("a network is an address of its own kind and one length") {
  CHECK(only_term("v=spf1 ip4:192.0.2.0/24").bits4 == 24);
  CHECK(only_term("v=spf1 ip4:192.0.2.0").network->text() == "192.0.2.0");
  CHECK(only_term("v=spf1 IP6:2001:DB8::/33").bits6 == 33);
  CHECK(only_term("v=spf1 ip6:::192.0.2.1/0").bits6 == 0);
}

TEST_CASE("these terms are well formed") {
  const std::string good =
      GENERATE("a", "A/32", "a//128", "a/32//128", "a:example.com.", "mx:%{h}", "ptr", "ptr:example.com",
               "include:example.com", "exists:%{i}._spf.%{d}", "redirect=example.com", "REDIRECT=%{d}",
               "exp=x.example.com", "redirect=a.example exp=b.example", "moo=", "moo=cow",
               "moo.cow-far_out=man:dog/cat", "a=b", "ip4=x", "moo=1 moo=2 moo=3", "default=pass", "x=%{d}%%",
               "all all", "exists:a/24.example.com");
  INFO(good);
  CHECK(is_good(good));
}

TEST_CASE("one malformed term spoils the record, wherever it stands") {
  const std::string bad_terms =
      "moo - + --all =all 1up=foo _x=y moo.cow/far_out=man moo:cow=man 192.0.2.1 +redirect=example.com "
      "-moo=cow "
      "all. all: all:foobar all/8 -all, aa a.example.com a: a:/24 a/ a// a/33 a//129 a/24/64 a/024 a//064 "
      "a/-1 "
      "a/99999999999999999999 a//33/24 a:example.com:8080 a:111.222.33.44 a:abc.123 a:museum a:museum. "
      "a:example.-com mx: mx/33 mx//129 mx:example.com:8080 mx:abc.123 ptr: ptr/0 ptr:example.com/24 "
      "include include: include:example.com/24 exists exists: exists/24 exists:mail.example.com/24 "
      "ip4 ip4: ip4/24 ip4:192.0.2.1/33 ip4:192.0.2.1/032 ip4:192.0.2.1//32 ip4:192.0.2 ip4:192.0.2.1:25 "
      "ip4:192.0.02.1 ip4:192.0.2.1/ ip4:2001:db8::1 ip4:example.com ip4:%{i} "
      "ip6 ip6: ip6:2001:db8::1/129 ip6:2001:db8::1//33 ip6::2001::1 ip6:192.0.2.1 ip6:2001:db8::1%lo "
      "redirect:example.com redirect= redirect=-all exp= exp=-all exp=%{r}.example.com moo=%abc moo=\x80 "
      "a\tmx \xc2\xa0"
      "all a:\xef\xbb\xbfgarbage.example.net";
  for (const auto& bad : split(bad_terms, ' ')) {
    INFO(bad);
    CHECK_FALSE(is_good(bad));
    CHECK_FALSE(is_good("ip4:192.0.2.1 -all " + bad));
  }
  CHECK_FALSE(is_good(std::string("a:foo.example.com\0", 18)));
}

TEST_CASE("redirect and exp stand in a record once at most, in whatever case") {
  CHECK_FALSE(is_good("redirect=a.example redirect=a.example"));
  CHECK_FALSE(is_good("exp=a.example -all exp=b.example"));
  CHECK_FALSE(is_good("Exp=a.example eXp=b.example"));
}

TEST_CASE("the error names the term, in printable ASCII and not at length") {
  const auto parsed = parse_spf_record("v=spf1 a m\x01o -all");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().what.find("'m?o'") != std::string::npos);
  CHECK(parse_spf_record("v=spf1 " + std::string(60'000, 'x')).error().what.size() < 300);
}
