// Macros of SPF: what is well formed, what it expands to, and who chose the name that comes out.
#include <map>

#include "core/spf/macro.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

// The sender and client of RFC 7208 §7.4, and its PTR.
std::string value_of(char letter) {
  static const std::map<char, std::string> values{
      {'s', "strong-bad@email.example.com"},
      {'l', "strong-bad"},
      {'o', "email.example.com"},
      {'d', "email.example.com"},
      {'i', "192.0.2.3"},
      {'p', "mx.example.org"},
      {'v', "in-addr"},
      {'h', "host..example.net"},
  };
  return values.at(letter);
}

std::string expanded(const std::string& spec) { return expand_domain_spec(spec, value_of).text; }

SpfName with_local_part(const std::string& spec, const std::string& local) {
  return expand_domain_spec(spec, [&local](char letter) { return letter == 'l' ? local : value_of(letter); });
}

}  // namespace

TEST_CASE("macros expand as RFC 7208 §7.4 shows") {
  const auto [spec, name] = GENERATE(table<std::string, std::string>({
      {"%{s}", "strong-bad@email.example.com"},
      {"%{o}", "email.example.com"},
      {"%{d}", "email.example.com"},
      {"%{d4}", "email.example.com"},
      {"%{d3}", "email.example.com"},
      {"%{d2}", "example.com"},
      {"%{d1}", "com"},
      {"%{dr}", "com.example.email"},
      {"%{d2r}", "example.email"},
      {"%{l}", "strong-bad"},
      {"%{l-}", "strong.bad"},
      {"%{lr}", "strong-bad"},
      {"%{lr-}", "bad.strong"},
      {"%{l1r-}", "strong"},
      {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
      {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
      {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
      {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
      {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
  }));
  INFO(spec);
  CHECK(expanded(spec) == name);
}

TEST_CASE("a macro may take many delimiters, and joins with dots whatever it split at") {
  CHECK(with_local_part("%{l2r+-}.x.example", "foo-bar+zip+quux").text == "bar.foo.x.example");
  CHECK(with_local_part("%{l,/_=}.x.example", "a,b/c_d=e").text == "a.b.c.d.e.x.example");
  CHECK(expanded("%{d-}") == "email.example.com");
  CHECK(with_local_part("%{s2r-}", "").text == "bad@email.example.com.strong");
}

TEST_CASE("empty parts between delimiters are parts") {
  CHECK(expanded("%{h2}") == "example.net");
  CHECK(expanded("%{h3}") == ".example.net");
  CHECK(expanded("%{h99999999999999999999}") == "host..example.net");
}

TEST_CASE("percent, blank and the escaped blank have their own signs") {
  CHECK(expanded("a%%b%_c%-d.example") == "a%b c%20d.example");
  CHECK(expanded("x.example.%%") == "x.example.%");
}

TEST_CASE("an upper-case letter means the same value, URL-escaped") {
  const auto name = with_local_part("%{L}.x.example", "~jack&jill=up-a_b3.c");
  CHECK(name.text == "~jack%26jill%3dup-a_b3.c.x.example");
  CHECK(with_local_part("%{L2R-}.x.example", "a-b&c").text == "b%26c.a.x.example");
}

TEST_CASE("one trailing dot is left away") {
  CHECK(expanded("%{d}.x.example.") == "email.example.com.x.example");
  CHECK(with_local_part("%{l}", "x.example.").text == "x.example");
}

TEST_CASE("a name that is too long loses labels on its left until it fits") {
  const std::string forty = "a-label-of-forty-octets-that-is-repeated";
  std::string spec;
  for (int i = 0; i < 8; ++i) spec += forty + ".";
  const auto name = expand_domain_spec(spec + "example.com", value_of);
  CHECK(name.state == SpfName::State::askable);
  CHECK(name.text.size() == 5 * 41 + 11);
  CHECK(name.text.starts_with(forty + "."));
  CHECK(name.text.ends_with(".example.com"));

  const std::string fits = std::string(61, 'b') + "." + std::string(63, 'c') + "." + std::string(63, 'd') +
                           "." + std::string(63, 'e');
  REQUIRE(fits.size() == 253);
  CHECK(expand_domain_spec(fits.substr(0, 253 - 2) + ".e", value_of).text.size() == 253);
}

TEST_CASE("a macro that is repeated without end costs little and gives the end of the name") {
  std::string spec;
  for (int i = 0; i < 100'000; ++i) spec += "%{s}.";
  const auto name = expand_domain_spec(spec + "example.com", value_of);
  CHECK(name.text.size() <= 253);
  CHECK(name.text.ends_with("email.example.com.example.com"));
}

TEST_CASE("a domain-spec ends in a top-level label behind a dot, or in a macro") {
  const std::string good =
      GENERATE("example.com", "example.com.", "foo:bar/baz.example.com", "%{d}", "foo.%{d2r-}", "x.%%",
               "x.%_", "x.%-", "a.xn--zckzah", "a.c-m", "a.1-2", "a..b", ".com", "%{ir}.%{v}.arpa",
               "%{L2R.-+,/_=}", "a.1a", "x=y.example.com", "*._.example.com", "%{h}.m");
  INFO(good);
  CHECK(is_domain_spec(good));
}

TEST_CASE("what is no domain-spec") {
  const std::string bad =
      GENERATE(std::string(""), "museum", "museum.", "-all", "abc.123", "111.222.33.44", "example.-com",
               "example.com-", "example.com:8080", "mail.example.com,", "example.com/24", "%{d}.", "%{d}com",
               "a.b..", ".", "%", "x%", "%a.example.com", "foo%(ir).example.com", "foo%.example.com", "%{",
               "%{}", "%{d", "%{a}.example.com", "%{d0}", "%{d00}", "%{dx}", "%{d2x}", "%{dr2}", "%{d-2}",
               "%{d@}", "%{d }", "%%%x.example.com", "%{r}", "%{c}", "%{t}", "%{R}.example.com",
               std::string("foo.example.com\0", 16), "foo\tbar.example.com", "f\xc3\xbc.example.com",
               "\xef\xbb\xbf"
               "a.example.com",
               "foo.example.c\x7f", "a b.example.com");
  INFO(bad);
  CHECK_FALSE(is_domain_spec(bad));
}

TEST_CASE("a macro-string may be empty or end anywhere, but its macros are well formed") {
  CHECK(is_macro_string(""));
  CHECK(is_macro_string("-all"));
  CHECK(is_macro_string("man:dog/cat"));
  CHECK(is_macro_string("%{d}%%"));
  CHECK_FALSE(is_macro_string("%abc"));
  CHECK_FALSE(is_macro_string("%{q}"));
  CHECK_FALSE(is_macro_string("a\x80"));
}

TEST_CASE("names that no resolver can be asked for are known") {
  CHECK(is_askable("example.com"));
  CHECK(is_askable("com"));
  CHECK(is_askable("foo:bar/baz.example.com"));
  CHECK(is_askable("a b.example.com"));
  CHECK(is_askable(std::string(63, 'a') + ".com"));
  CHECK_FALSE(is_askable(""));
  CHECK_FALSE(is_askable("."));
  CHECK_FALSE(is_askable("a..com"));
  CHECK_FALSE(is_askable(".com"));
  CHECK_FALSE(is_askable("a.com."));
  CHECK_FALSE(is_askable(std::string(64, 'a') + ".com"));
  CHECK_FALSE(is_askable("a\\.com"));
  CHECK_FALSE(is_askable("\xc3\xbc.com"));
  CHECK_FALSE(is_askable(std::string("a\0b.com", 7)));
}

TEST_CASE("a name with an empty or an overlong label is malformed") {
  CHECK(expand_domain_spec("mail.example...com", value_of).state == SpfName::State::malformed);
  CHECK(expand_domain_spec("%{h}", value_of).state == SpfName::State::malformed);
  CHECK(with_local_part("%{l}.example.com", std::string(64, 'a')).state == SpfName::State::malformed);
  CHECK(with_local_part("%{l}", std::string(300, 'a')).state == SpfName::State::malformed);
  CHECK(with_local_part("%{l}.example.com", "evil\\").state == SpfName::State::malformed);
}

TEST_CASE("a name with an internationalised local part is never asked for") {
  CHECK(with_local_part("%{l}.x.example", "jos\xc3\xa9").state == SpfName::State::not_ascii);
  CHECK(with_local_part("%{L}.x.example", "jos\xc3\xa9").state == SpfName::State::not_ascii);
  CHECK(with_local_part("%{d}.x.example", "jos\xc3\xa9").state == SpfName::State::askable);
}

TEST_CASE("a name whose last two labels are the client's is the client's") {
  const std::string of_client =
      GENERATE("%{h}", "%{H}", "%{p}", "%{l}", "%{s}", "x.%{h}", "%{h}.bar", "%{h}.bar.", "%{l}.net",
               "%{d}.%{h}", "%{ir}.%{v}.arpa", "%{p2}", "%{hr}.xyz");
  INFO(of_client);
  CHECK(expand_domain_spec(of_client, value_of).of_client);
}

TEST_CASE("a name whose last two labels are the record's is the record's") {
  const std::string ours =
      GENERATE("%{d}", "%{o}", "%{d1}", "example.com", "%{h}.example.com", "%{l}._spf.%{d2}",
               "%{ir}.%{v}._spf.%{d}", "%{p}.a.b.", "%{i}.%{d}", "%{s}.example.org");
  INFO(ours);
  CHECK_FALSE(expand_domain_spec(ours, value_of).of_client);
}

TEST_CASE("a name tells whether the client's address stands in it") {
  CHECK(expand_domain_spec("%{ir}.example.com", value_of).names_client);
  CHECK(expand_domain_spec("%{p}.example.com", value_of).names_client);
  CHECK_FALSE(expand_domain_spec("%{h}.%{l}.%{v}.example.com", value_of).names_client);
}
