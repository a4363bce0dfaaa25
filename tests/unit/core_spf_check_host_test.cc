// check_host() of RFC 7208, section by section, on tables of records. The facts are those that the
// community's own test suite for the RFC asks about, and some more.
#include "core/spf/spf.h"
#include "tests/unit/core_spf_zone.h"

using namespace portavoz;
using namespace portavoz::spf_tests;
using enum portavoz::DnsType;

namespace {

const std::string client4 = "192.0.2.4";
const std::string client6 = "2001:db8::4";
const std::string reverse4 = "4.2.0.192.in-addr.arpa";
const std::string reverse6 = "4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";

// The result for a client when the sender's domain has this record.
std::string with_record(const std::string& record, const std::string& client,
                        std::initializer_list<Entry> others = {}) {
  Table dns(others);
  dns.add({"d.example", txt, record});
  UNSCOPED_INFO(record);
  return result(dns, "info@d.example", client);
}

}  // namespace

TEST_CASE("every result has its word") {
  CHECK(word(SpfResult::none) == "none");
  CHECK(word(SpfResult::neutral) == "neutral");
  CHECK(word(SpfResult::pass) == "pass");
  CHECK(word(SpfResult::fail) == "fail");
  CHECK(word(SpfResult::softfail) == "softfail");
  CHECK(word(SpfResult::temperror) == "temperror");
  CHECK(word(SpfResult::permerror) == "permerror");
}

TEST_CASE("initial processing: the longest label has a record, a domain that cannot be asked for has none") {
  const std::string longest(63, 'a');
  Table dns{{longest + ".example", txt, "v=spf1 -all"}};
  CHECK(result(dns, "info@" + longest + ".example", client4) == "fail");
  // 254 octets: more than a name may have, though a mail address may (RFC 5321 §4.5.3.1.2)
  const std::string too_long = longest + "." + longest + "." + longest + "." + std::string(62, 'b');
  REQUIRE(too_long.size() == 254);
  dns.add({too_long, txt, "v=spf1 -all"});
  dns.asked.clear();
  CHECK(result(dns, "info@" + too_long, client4) == "none");
  CHECK(dns.asked.empty());
}

TEST_CASE("initial processing: a record is ASCII, other TXT records need not be") {
  CHECK(with_record("v=spf1 a:\xef\xbb\xbfgarbage.example.net -all", client4) == "permerror");
  CHECK(with_record("v=spf1 \x80"
                    "a:example.net -all",
                    client4) == "permerror");
  CHECK(with_record("v=spf1 a:example.net \x96"
                    "all",
                    client4) == "permerror");
  CHECK(with_record("v=spf1 -all", client4, {{"d.example", txt, "\x96"}}) == "fail");
}

TEST_CASE("initial processing: only blanks part the terms") {
  CHECK(with_record("v=spf1 a:d.example\rptr -all", client4, {{"d.example", a, client4}}) == "permerror");
  CHECK(with_record("v=spf1 a  -all", client4, {{"d.example", a, "192.0.2.5"}}) == "fail");
  CHECK(with_record("v=spf1 a -all ", client4, {{"d.example", a, "192.0.2.5"}}) == "fail");
}

TEST_CASE("record lookup: no answer is a temperror, no record is none") {
  Table dns{
      {"silent.example", txt, no_answer}, {"other.example", txt, "hello"}, {"other.example", a, client4}};
  CHECK(result(dns, "info@silent.example", client4) == "temperror");
  CHECK(result(dns, "info@other.example", client4) == "none");
  CHECK(result(dns, "info@absent.example", client4) == "none");
}

TEST_CASE("record selection: the version stands alone, one record counts, two are an error") {
  CHECK(with_record("v=spf1mx", client4) == "none");
  CHECK(with_record("v=spf1", client4) == "neutral");
  CHECK(with_record(
            "v=spf1 mx", client4,
            {{"d.example", txt, "v=spf10"}, {"d.example", mx, "m.example"}, {"m.example", a, client4}}) ==
        "pass");
  CHECK(with_record("v=spf1 -all", client4, {{"d.example", txt, "V=sPf1 +all"}}) == "permerror");
  CHECK(with_record("v=spf1 -all", client4, {{"d.example", txt, "v=spf1 -all"}}) == "permerror");
  CHECK(with_record("v=SpF1 ~all", client4) == "softfail");
}

TEST_CASE("record evaluation: an error after the match is found all the same") {
  CHECK(with_record("v=spf1 ip4:192.0.2.4 -all moo", client4) == "permerror");
  CHECK(with_record("v=spf1 ip4:192.0.2.4 redirect:other.example", client4) == "permerror");
  CHECK(with_record("v=spf1 moo.cow-far_out=man:dog/cat ip4:192.0.2.4 -all", client4) == "pass");
}

TEST_CASE("record evaluation: nothing is asked for a malformed record") {
  Table dns{{"d.example", txt, "v=spf1 a mx include:other.example -all moo"}};
  CHECK(result(dns, "info@d.example", client4) == "permerror");
  CHECK(dns.asked == std::vector<std::string>{"TXT d.example"});
}

TEST_CASE("record evaluation: redirect counts when nothing matched, and its place does not matter") {
  CHECK(with_record("v=spf1 redirect=d.example ~all", client4) == "softfail");
  CHECK(with_record("v=spf1 redirect=other.example ip4:192.0.2.4", client4) == "pass");
  CHECK(with_record("v=spf1 ip4:192.0.2.5 redirect=other.example", client4,
                    {{"other.example", txt, "v=spf1 -all"}}) == "fail");
  CHECK(with_record("v=spf1 ip4:192.0.2.5", client4) == "neutral");
}

TEST_CASE("record evaluation: a name that cannot be asked for does not match") {
  CHECK(with_record("v=spf1 a:mail.example...com -all", client4) == "fail");
  CHECK(with_record("v=spf1 a:" + std::string(64, 'a') + ".example -all", client4) == "fail");
  CHECK(with_record("v=spf1 mx:.com ptr:.com exists:.com -all", client4) == "fail");
  Table dns{{"d.example", txt, "v=spf1 a:%{H}.bar -all"}};
  CHECK(result(dns, "info@d.example", client4, std::string(30, '%')) == "fail");
}

TEST_CASE("all matches everybody, and what stands behind it counts for nothing") {
  CHECK(with_record("v=spf1 ?all", client4) == "neutral");
  CHECK(with_record("v=spf1 all -all", client4) == "pass");
  CHECK(with_record("v=spf1 -all all", client6) == "fail");
}

TEST_CASE("ip4 and ip6 match the network of their own family") {
  CHECK(with_record("v=spf1 ip4:198.51.100.1/0 -all", client4) == "pass");
  CHECK(with_record("v=spf1 ip4:192.0.2.4/32 -all", client4) == "pass");
  CHECK(with_record("v=spf1 ip4:192.0.2.5/31 -all", client4) == "pass");
  CHECK(with_record("v=spf1 ip4:192.0.2.6/31 -all", client4) == "fail");
  CHECK(with_record("v=spf1 ip4:192.0.2.128/25 -all", client4) == "fail");
  CHECK(with_record("v=spf1 ip6:::/0", client4) == "neutral");
  CHECK(with_record("v=spf1 ip4:0.0.0.0/0", client6) == "neutral");
  CHECK(with_record("v=spf1 ip6:2001:DB8:8000::/33", client6) == "neutral");
  CHECK(with_record("v=spf1 ip6:2001:db8:8000::/33", "2001:db8:8000::") == "pass");
  CHECK(with_record("v=spf1 ip6:2001:db8::5/127", client6) == "pass");
  CHECK(with_record("v=spf1 ip6:2001:db8::5", client6) == "neutral");
}

TEST_CASE("a client whose IPv6 address holds an IPv4 address is an IPv4 client") {
  const std::string mapped = "::ffff:192.0.2.4";
  CHECK(with_record("v=spf1 -ip4:192.0.2.4 ip6:::ffff:192.0.2.4", mapped) == "fail");
  CHECK(with_record("v=spf1 ip6:::/0", mapped) == "neutral");
  CHECK(with_record("v=spf1 a//0 -all", mapped, {{"d.example", aaaa, client6}}) == "fail");
  CHECK(with_record("v=spf1 a -all", mapped, {{"d.example", a, client4}}) == "pass");
  CHECK(with_record("v=spf1 exists:%{ir}.%{v}.x.example -all", mapped,
                    {{"4.2.0.192.in-addr.x.example", a, "127.0.0.2"}}) == "pass");
}

TEST_CASE("a asks for the client's family and takes any of the addresses") {
  const std::initializer_list<Entry> hosts{
      {"d.example", a, "198.51.100.1"}, {"d.example", a, "192.0.2.5"}, {"d.example", aaaa, "2001:db8::5"}};
  CHECK(with_record("v=spf1 a -all", "192.0.2.5", hosts) == "pass");
  CHECK(with_record("v=spf1 a -all", client4, hosts) == "fail");
  CHECK(with_record("v=spf1 a/24 -all", client4, hosts) == "pass");
  CHECK(with_record("v=spf1 a/24//64 -all", client4, hosts) == "pass");
  CHECK(with_record("v=spf1 a/24//64 -all", client6, hosts) == "pass");
  CHECK(with_record("v=spf1 a//64 -all", client4, hosts) == "fail");
  CHECK(with_record("v=spf1 a/24 -all", client6, hosts) == "fail");
  CHECK(with_record("v=spf1 a -all", "2001:db8::5", hosts) == "pass");
  CHECK(with_record("v=spf1 a:other.example -all", client4, {{"other.example", a, client4}}) == "pass");
}

TEST_CASE("a with a length of nought matches where there is an address, and only there") {
  CHECK(with_record("v=spf1 a/0 -all", client4) == "fail");
  CHECK(with_record("v=spf1 a/0 -all", client4, {{"d.example", a, "198.51.100.1"}}) == "pass");
  CHECK(with_record("v=spf1 a/0 -all", client6,
                    {{"d.example", a, "198.51.100.1"}, {"d.example", aaaa, "2001:db8:1::"}}) == "fail");
  CHECK(with_record("v=spf1 a//0 -all", client6, {{"d.example", a, "198.51.100.1"}}) == "fail");
  CHECK(with_record("v=spf1 a//0 -all", client6, {{"d.example", aaaa, "2001:db8:1::"}}) == "pass");
  CHECK(with_record("v=spf1 a//0 -all", client4, {{"d.example", aaaa, "2001:db8:1::"}}) == "fail");
}

TEST_CASE("a name may hold any visible character but its last label, which is a label") {
  CHECK(with_record("v=spf1 a:foo:bar/baz.x.example", client4, {{"foo:bar/baz.x.example", a, client4}}) ==
        "pass");
  CHECK(with_record("v=spf1 mx:foo:bar/baz.x.example", client4,
                    {{"foo:bar/baz.x.example", mx, "foo:bar/baz.x.example"},
                     {"foo:bar/baz.x.example", a, client4}}) == "pass");
  CHECK(with_record("v=spf1 a:foo.xn--zckzah -all", client4, {{"foo.xn--zckzah", a, client4}}) == "pass");
  CHECK(with_record("v=spf1 a:x.example:8080", client4) == "permerror");
  CHECK(with_record("v=spf1 a:museum", client4) == "permerror");
}

TEST_CASE("an address that is none, or of the other family, matches nothing") {
  CHECK(with_record("v=spf1 a/0 -all", client4, {{"d.example", a, "rubbish"}}) == "fail");
  CHECK(with_record("v=spf1 a/0 -all", client4, {{"d.example", a, "2001:db8::4"}}) == "fail");
}

TEST_CASE("mx matches the hosts of the MX records and nothing else") {
  const std::initializer_list<Entry> hosts{
      {"d.example", mx, "m1.example"},   {"d.example", mx, "m2.example"},
      {"m1.example", a, "198.51.100.1"}, {"m2.example", a, "198.51.100.2"},
      {"m2.example", a, "192.0.2.5"},    {"m2.example", aaaa, "2001:db8::5"}};
  CHECK(with_record("v=spf1 mx -all", "192.0.2.5", hosts) == "pass");
  CHECK(with_record("v=spf1 mx/24 -all", client4, hosts) == "pass");
  CHECK(with_record("v=spf1 mx//33 -all", client4, hosts) == "fail");
  CHECK(with_record("v=spf1 mx//64 -all", client6, hosts) == "pass");
  CHECK(with_record("v=spf1 mx/0 -all", client6, hosts) == "fail");
  CHECK(with_record("v=spf1 mx/0 -all", client4, {{"d.example", mx, "d.example"}}) == "fail");
  // §5.4: no MX record does not make the domain its own mail host
  CHECK(with_record("v=spf1 mx", client4, {{"d.example", a, client4}}) == "neutral");
  // the null MX
  CHECK(with_record("v=spf1 mx", client4, {{"d.example", mx, ""}, {"d.example", a, client4}}) == "neutral");
}

TEST_CASE("mx stops at the host that matches, and a host before it that does not answer is a temperror") {
  CHECK(with_record("v=spf1 mx -all", client4,
                    {{"d.example", mx, "m1.example"},
                     {"d.example", mx, "m2.example"},
                     {"m1.example", a, client4},
                     {"m2.example", a, no_answer}}) == "pass");
  CHECK(with_record("v=spf1 mx -all", client4,
                    {{"d.example", mx, "m1.example"},
                     {"d.example", mx, "m2.example"},
                     {"m1.example", a, no_answer},
                     {"m2.example", a, client4}}) == "temperror");
}

TEST_CASE("a mechanism whose question is not answered is a temperror") {
  const std::string term = GENERATE("a:x.example", "mx:x.example", "exists:x.example", "include:x.example");
  CHECK(with_record(
            "v=spf1 " + term + " +all", client4,
            {{"x.example", a, no_answer}, {"x.example", mx, no_answer}, {"x.example", txt, no_answer}}) ==
        "temperror");
  CHECK(with_record(
            "v=spf1 ip4:192.0.2.4 " + term, client4,
            {{"x.example", a, no_answer}, {"x.example", mx, no_answer}, {"x.example", txt, no_answer}}) ==
        "pass");
}

TEST_CASE("ptr matches when a name of the client that has the client's address is the domain or below it") {
  const std::initializer_list<Entry> names{{reverse4, ptr, "elsewhere.test"},
                                           {reverse4, ptr, "Mail.D.Example"},
                                           {"mail.d.example", a, client4},
                                           {reverse6, ptr, "mail.d.example"},
                                           {"mail.d.example", aaaa, client6}};
  CHECK(with_record("v=spf1 ptr -all", client4, names) == "pass");
  CHECK(with_record("v=spf1 ptr -all", client6, names) == "pass");
  CHECK(with_record("v=spf1 ptr:D.eXample -all", client4, names) == "pass");
  CHECK(with_record("v=spf1 ptr:mail.d.example -all", client4, names) == "pass");
  CHECK(with_record("v=spf1 ptr:il.d.example -all", client4, names) == "fail");
  CHECK(with_record("v=spf1 ptr:a.mail.d.example -all", client4, names) == "fail");
  CHECK(with_record("v=spf1 ptr:elsewhere.test -all", client4, names) == "fail");
  CHECK(with_record("v=spf1 ptr -all", client4) == "fail");
}

TEST_CASE("ptr: a DNS error is a name less, never a temperror") {
  CHECK(with_record("v=spf1 ptr -all", client4, {{reverse4, ptr, no_answer}}) == "fail");
  CHECK(with_record("v=spf1 ptr -all", client4,
                    {{reverse4, ptr, "a.d.example"},
                     {reverse4, ptr, "b.d.example"},
                     {"a.d.example", a, no_answer},
                     {"b.d.example", a, client4}}) == "pass");
}

TEST_CASE("ptr looks at ten names and ignores the rest") {
  Table dns{{"d.example", txt, "v=spf1 ptr"}};
  for (int i = 1; i <= 9; ++i) {
    dns.add({reverse4, ptr, "n" + std::to_string(i) + ".x.example"});
    dns.add({"n" + std::to_string(i) + ".x.example", a, client4});
  }
  dns.add({reverse4, ptr, "tenth.d.example"});
  dns.add({reverse4, ptr, "eleventh.d.example"});
  dns.add({"eleventh.d.example", a, client4});
  CHECK(result(dns, "info@d.example", client4) == "neutral");
  dns.add({"tenth.d.example", a, client4});
  CHECK(result(dns, "info@d.example", client4) == "pass");
}

TEST_CASE("exists asks for an A record, whatever the client is") {
  const std::initializer_list<Entry> names{{"four.example", a, "127.0.0.2"}, {"six.example", aaaa, "::1"}};
  CHECK(with_record("v=spf1 exists:four.example -all", client4, names) == "pass");
  CHECK(with_record("v=spf1 exists:four.example -all", client6, names) == "pass");
  CHECK(with_record("v=spf1 exists:six.example -all", client6, names) == "fail");
}

TEST_CASE("include matches on pass and on nothing else") {
  const std::initializer_list<Entry> others{
      {"pass.example", txt, "v=spf1 +all"},     {"fail.example", txt, "v=spf1 -all"},
      {"soft.example", txt, "v=spf1 ~all"},     {"neutral.example", txt, "v=spf1 ?all"},
      {"empty.example", txt, "v=spf1"},         {"silent.example", txt, no_answer},
      {"wrong.example", txt, "v=spf1 include"}, {"other.example", txt, "v=spfl hello"}};
  CHECK(with_record("v=spf1 ~include:pass.example -all", client4, others) == "softfail");
  CHECK(with_record("v=spf1 include:fail.example ~all", client4, others) == "softfail");
  CHECK(with_record("v=spf1 include:soft.example all", client4, others) == "pass");
  CHECK(with_record("v=spf1 include:neutral.example -all", client4, others) == "fail");
  CHECK(with_record("v=spf1 include:empty.example -all", client4, others) == "fail");
  CHECK(with_record("v=spf1 include:silent.example -all", client4, others) == "temperror");
  CHECK(with_record("v=spf1 include:wrong.example -all", client4, others) == "permerror");
  CHECK(with_record("v=spf1 include:other.example -all", client4, others) == "permerror");
  CHECK(with_record("v=spf1 include:absent.example -all", client4, others) == "permerror");
  CHECK(with_record("v=spf1 include:a..b.example -all", client4, others) == "permerror");
}

TEST_CASE("an included record is judged under its own domain and for the same sender") {
  CHECK(with_record("v=spf1 include:inner.example -all", client4,
                    {{"inner.example", txt, "v=spf1 a exists:%{l}.%{o}.%{d} -all"},
                     {"inner.example", a, "192.0.2.5"},
                     {"info.d.example.inner.example", a, "127.0.0.2"}}) == "pass");
  CHECK(with_record("v=spf1 include:outer.example -all", client4,
                    {{"outer.example", txt, "v=spf1 redirect=inner.example"},
                     {"inner.example", txt, "v=spf1 mx"},
                     {"inner.example", mx, "m.example"},
                     {"m.example", a, client4}}) == "pass");
}

TEST_CASE("redirect: the other record counts under its own domain, and having none is an error") {
  CHECK(with_record("v=spf1 redirect=other.example", client4,
                    {{"d.example", a, "192.0.2.5"},
                     {"other.example", txt, "v=spf1 a -all"},
                     {"other.example", a, client4}}) == "pass");
  CHECK(with_record("v=spf1 redirect=absent.example", client4) == "permerror");
  CHECK(with_record("v=spf1 redirect=a..b.example", client4) == "permerror");
  CHECK(with_record("v=spf1 redirect=silent.example", client4, {{"silent.example", txt, no_answer}}) ==
        "temperror");
  CHECK(with_record("v=spf1 redirect=%{d1}", client4, {{"example", txt, "v=spf1 +all"}}) == "permerror");
}

TEST_CASE("exp is read and never fetched") {
  Table dns{{"d.example", txt, "v=spf1 exp=why.example -all"}, {"why.example", txt, no_answer}};
  CHECK(result(dns, "info@d.example", client4) == "fail");
  CHECK(dns.asked == std::vector<std::string>{"TXT d.example"});
  CHECK(with_record("v=spf1 a:x1.example a:x2.example exp=absent.example -all", client4) == "fail");
}

TEST_CASE("unknown modifiers change nothing") {
  CHECK(with_record("v=spf1 default=pass", client4) == "neutral");
  CHECK(with_record("v=spf1 default=+", client4) == "neutral");
  CHECK(with_record("v=spf1 moo=cow moo=cow -all moo=%{d}", client4) == "fail");
  CHECK(with_record("v=spf1 -all moo=%abc", client4) == "permerror");
}

TEST_CASE("macros: the trailing dot, the sender, the client and the helo make the name") {
  const std::initializer_list<Entry> others{{"d.example.d.x.example", txt, "v=spf1 redirect=a.x.example"},
                                            {"a.x.example", txt, "v=spf1 include:o.x.example. ~all"},
                                            {"o.x.example", txt, "v=spf1 ip4:192.0.2.4"},
                                            {"macro%percent  space%20url-space.example", a, client4},
                                            {"mail.example.org", a, client4},
                                            {"info.in-addr.d.example.x.example", a, "127.0.0.2"}};
  CHECK(with_record("v=spf1 redirect=%{d}.d.x.example.", client4, others) == "pass");
  CHECK(with_record("v=spf1 a:macro%%percent%_%_space%-url-space.example -all", client4, others) == "pass");
  CHECK(with_record("v=spf1 a:%{H} -all", client4, others) == "pass");
  CHECK(with_record("v=spf1 exists:%{l}.%{v}.%{o}.x.example -all", client4, others) == "pass");
}

TEST_CASE("macros: what is no host name stands in a name all the same, and finds nothing") {
  Table dns{{"d.example", txt, "v=spf1 a:%{H} -all"}};
  CHECK(result(dns, "info@d.example", client4, "JUMPIN' JUPITER") == "fail");
  CHECK(result(dns, "info@d.example", client4, "[192.0.2.4]") == "fail");
  CHECK(result(dns, "info@d.example", client4, "") == "fail");
  CHECK(result(dns, "info@d.example", client4, std::string("a\0b.example", 11)) == "fail");
}

TEST_CASE("macros: a policy may ask for a valid helo") {
  Table dns{{"d.example", txt, "v=spf1 -include:_h.%{d2} ip4:192.0.2.0/24 -all"},
            {"_h.d.example", txt, "v=spf1 -a:%{h} +all"},
            {"mail.d.example", a, client4}};
  CHECK(result(dns, "info@d.example", client4, "OEMCOMPUTER") == "fail");
  CHECK(result(dns, "info@d.example", client4, "mail.d.example") == "pass");
}

TEST_CASE("macros: parts may be reversed, counted and split at other signs") {
  Table dns{{"d.example", txt, "v=spf1 exists:%{i}.%{l2r-}.user.%{d2} -all"},
            {"192.0.2.4.gladstone.philip.user.d.example", a, "127.0.0.2"}};
  CHECK(result(dns, "philip-gladstone-test@d.example", client4) == "pass");
  CHECK(result(dns, "other-gladstone-test@d.example", client4) == "fail");
}

TEST_CASE("macros: the address of an IPv6 client goes by nibbles") {
  Table dns{{"d.example", txt, "v=spf1 exists:%{ir}.%{v}.x.example -all"},
            {reverse6.substr(0, reverse6.size() - 5) + ".x.example", a, "127.0.0.2"}};
  CHECK(result(dns, "info@d.example", client6) == "pass");
  CHECK(result(dns, "info@d.example", "2001:db8::5") == "fail");
}

TEST_CASE("macros: p is the domain, else a name below it, else any valid name, else unknown") {
  Table dns{{"d.example", txt, "v=spf1 exists:%{p}.x.example -all"},
            {reverse4, ptr, "first.test"},
            {reverse4, ptr, "mail.d.example"},
            {reverse4, ptr, "D.example"},
            {"unknown.x.example", a, "127.0.0.2"}};
  dns.asked.clear();
  CHECK(result(dns, "info@d.example", client4) == "pass");
  CHECK(dns.asked.back() == "A unknown.x.example");
  dns.add({"first.test", a, client4});
  CHECK(result(dns, "info@d.example", client4) == "fail");
  CHECK(dns.asked.back() == "A first.test.x.example");
  dns.add({"mail.d.example", a, client4});
  CHECK(result(dns, "info@d.example", client4) == "fail");
  CHECK(dns.asked.back() == "A mail.d.example.x.example");
  dns.add({"d.example", a, client4});
  CHECK(result(dns, "info@d.example", client4) == "fail");
  CHECK(dns.asked.back() == "A D.example.x.example");
}

TEST_CASE("macros: p is unknown when the DNS does not answer") {
  CHECK(with_record("v=spf1 exists:%{p}.x.example -all", client4,
                    {{reverse4, ptr, no_answer}, {"unknown.x.example", a, "127.0.0.2"}}) == "pass");
}

TEST_CASE("macros: p is chosen anew for each domain") {
  CHECK(with_record("v=spf1 exists:%{p}.x.example include:inner.example -all", client4,
                    {{reverse4, ptr, "mail.d.example"},
                     {reverse4, ptr, "mail.inner.example"},
                     {"mail.d.example", a, client4},
                     {"mail.inner.example", a, client4},
                     {"inner.example", txt, "v=spf1 exists:%{p}.y.example"},
                     {"mail.inner.example.y.example", a, "127.0.0.2"}}) == "pass");
}

TEST_CASE("a term with an internationalised local part in its name never matches") {
  const std::string from = "jos\xc3\xa9@d.example";
  Table dns{{"d.example", txt, "v=spf1 -exists:%{l}.x.example -include:%{l}.x.example ip4:192.0.2.4 -all"},
            {"l.example", txt, "v=spf1 redirect=%{L}.x.example"}};
  CHECK(result(dns, from, client4) == "pass");
  CHECK(dns.asked == std::vector<std::string>{"TXT d.example"});
  CHECK(result(dns, "jos\xc3\xa9@l.example", client4) == "permerror");
}

TEST_CASE("an internationalised domain is asked for in A-labels") {
  Table dns{{"xn--maa-8ma.example", txt, "v=spf1 exists:%{o}.x.example -all"},
            {"xn--maa-8ma.example.x.example", a, "127.0.0.2"}};
  CHECK(result(dns,
               "info@MA\xc3\x91"
               "A.example",
               client4) == "pass");
}

TEST_CASE("limits: ten terms may ask the DNS, the eleventh is an error") {
  const std::initializer_list<Entry> hosts{{"d.example", a, "192.0.2.5"},
                                           {"d.example", mx, "d.example"},
                                           {reverse4, ptr, "mail.example.org"},
                                           {"mail.example.org", a, client4},
                                           {"inc.example", txt, "v=spf1 a a a a a a a a"},
                                           {"inc.example", a, "192.0.2.6"}};
  CHECK(with_record("v=spf1 a mx a mx a mx a mx a ptr ip4:192.0.2.4 -all", client4, hosts) == "pass");
  CHECK(with_record("v=spf1 a mx a mx a mx a mx a ptr a ip4:192.0.2.4 -all", client4, hosts) == "permerror");
  CHECK(with_record("v=spf1 a include:inc.example ip4:192.0.2.4 mx -all", client4, hosts) == "pass");
  CHECK(with_record("v=spf1 a include:inc.example a ip4:192.0.2.4 -all", client4, hosts) == "permerror");
  CHECK(with_record("v=spf1 a a a a a a a a a a redirect=inc.example", client4, hosts) == "permerror");
  CHECK(with_record("v=spf1 a a a a a a a a a a ip4:192.0.2.4 redirect=inc.example", client4, hosts) ==
        "pass");
}

TEST_CASE("limits: records that go round in circles end in an error") {
  CHECK(with_record("v=spf1 ip4:192.0.2.5 redirect=d.example", client4) == "permerror");
  CHECK(with_record("v=spf1 include:d.example", client4) == "permerror");
  CHECK(with_record("v=spf1 include:e.example", client4, {{"e.example", txt, "v=spf1 include:d.example"}}) ==
        "permerror");
  CHECK(with_record("v=spf1 ip4:192.0.2.4 include:d.example", client4) == "pass");
}

TEST_CASE("limits: eleven MX records are an error, whoever the client is; ten are not") {
  Table dns{{"d.example", txt, "v=spf1 mx"}, {"m0.example", a, client4}};
  for (int i = 0; i < 10; ++i) dns.add({"d.example", mx, "m" + std::to_string(9 - i) + ".example"});
  for (int i = 1; i < 10; ++i) dns.add({"m" + std::to_string(i) + ".example", a, "192.0.2.9"});
  CHECK(result(dns, "info@d.example", client4) == "pass");
  dns.add({"d.example", mx, "m0.example"});
  CHECK(result(dns, "info@d.example", client4) == "permerror");
  CHECK(result(dns, "info@d.example", "192.0.2.9") == "permerror");
}

TEST_CASE("limits: a host may have any number of addresses") {
  Table dns{{"d.example", txt, "v=spf1 a -all"}};
  for (int i = 1; i <= 200; ++i) dns.add({"d.example", a, "198.51.100." + std::to_string(i)});
  CHECK(result(dns, "info@d.example", "198.51.100.200") == "pass");
}

TEST_CASE("limits: two terms may ask in vain, the third is an error, also at the end and behind an include") {
  CHECK(with_record("v=spf1 a:x1.example mx:x2.example ?all", client4) == "neutral");
  CHECK(with_record("v=spf1 a:x1.example mx:x2.example exists:x3.example ?all", client4) == "permerror");
  CHECK(with_record("v=spf1 a:x1.example mx:x2.example exists:x3.example", client4) == "permerror");
  CHECK(with_record("v=spf1 a:x1.example a:x2.example ptr", client4) == "permerror");
  CHECK(with_record("v=spf1 a:x1.example include:inner.example -all", client4,
                    {{"inner.example", txt, "v=spf1 a:x2.example a:x3.example"}}) == "permerror");
  CHECK(with_record("v=spf1 include:inner.example -all", client4,
                    {{"inner.example", txt, "v=spf1 a:x2.example a:x3.example"}}) == "fail");
}

TEST_CASE("limits: a term that asks in vain several times has asked in vain once") {
  const std::initializer_list<Entry> hosts{{"d.example", a, "192.0.2.5"},
                                           {"d.example", mx, "m1.example"},
                                           {"d.example", mx, "m2.example"},
                                           {"d.example", mx, "m3.example"},
                                           {"m1.example", a, "192.0.2.5"},
                                           {"m2.example", a, "192.0.2.6"},
                                           {"inner.example", txt, "v=spf1 ip6:2001:db8::/64"}};
  CHECK(with_record("v=spf1 a mx include:inner.example -all", client6, hosts) == "pass");
}

TEST_CASE("limits: a client without a name costs the record no vain look-up where %{p} asks for it") {
  CHECK(with_record("v=spf1 exists:%{p}.x.example exists:%{p}.y.example ip4:192.0.2.4", client4) == "pass");
  CHECK(with_record("v=spf1 exists:%{p}.x.example exists:%{p}.y.example ptr ip4:192.0.2.4", client4) ==
        "permerror");
}

TEST_CASE("the answer tells what matched, how many terms asked, and why") {
  Table dns{{"d.example", txt, "v=spf1 a:x.example ?ip4:198.51.100.0/24 +Include:inner.example -all"},
            {"x.example", a, "192.0.2.9"},
            {"inner.example", txt, "v=spf1 a -ip4:192.0.2.5 ip4:192.0.2.0/24"},
            {"inner.example", a, "192.0.2.9"},
            {"r.example", txt, "v=spf1 redirect=inner.example"},
            {"silent.example", txt, no_answer}};
  const auto pass = ask(dns, "info@d.example", client4);
  CHECK(pass.mechanism == "+Include:inner.example");
  CHECK(pass.lookups == 3);
  CHECK(pass.why == "+Include:inner.example matched (ip4:192.0.2.0/24 matched)");
  const auto fail = ask(dns, "info@r.example", "192.0.2.5");
  CHECK(fail.mechanism == "-ip4:192.0.2.5");
  CHECK(fail.lookups == 2);
  const auto temperror = ask(dns, "info@silent.example", client4);
  CHECK(temperror.mechanism.empty());
  CHECK(temperror.lookups == 0);
  CHECK(temperror.why == "TXT of silent.example could not be looked up: it did not answer");
  CHECK(ask(dns, "info@none.example", client4).why == "none.example has no record");
}

TEST_CASE("helo is a macro and never an identity") {
  Table dns{{"mail.example.org", txt, "v=spf1 +all"}};
  CHECK(result(dns, "info@d.example", client4, "mail.example.org") == "none");
}
