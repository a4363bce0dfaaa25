#include "core/base/text.h"
#include "core/base/time.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("the whole text is a decimal number or it is none") {
  CHECK(parse_decimal("0") == 0U);
  CHECK(parse_decimal("18446744073709551615") == 18446744073709551615U);
  for (const char* bad : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "18446744073709551616"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_decimal(bad).has_value());
  }
}

TEST_CASE("UTF-8 is well-formed by RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF") {
  for (const char* good : {"", "abc", "\xC3\xB1", "\xE2\x82\xAC", "\xF0\x9F\x93\xA3", "\xF4\x8F\xBF\xBF"})
    CHECK(is_utf8(good));
  for (const char* bad :
       {"\xC3", "\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    CAPTURE(to_hex(bad));
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("octets come back from hexadecimal digits, and from nothing else") {
  CHECK(from_hex("") == "");
  CHECK(from_hex("00fFa0") == std::string("\0\xff\xa0", 3));
  CHECK(from_hex(to_hex("Porta\xC3\xB1")) == "Porta\xC3\xB1");
  for (const char* bad : {"0", "0g", "g0", "0x00", " 00", "00 "}) {
    CAPTURE(bad);
    CHECK_FALSE(from_hex(bad).has_value());
  }
}

TEST_CASE("a word is near another by insertions, deletions, substitutions and swaps") {
  CHECK(edit_distance("list", "list") == 0);
  CHECK(edit_distance("lsit", "list") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("what is logged or said over SMTP holds printable ASCII only") {
  CHECK(printable_ascii("a\r\nb\tc\xC3\xB1~") == "a??b?c??~");
}

TEST_CASE("text is compared without the case of ASCII letters and of nothing else") {
  CHECK(ascii_iequals("AvIsOs", "avisos"));
  CHECK_FALSE(ascii_iequals("\xC3\x91", "\xC3\xB1"));
  CHECK(ascii_istarts_with("Portavoz-Seal", "portavoz-"));
  CHECK(trim(" \t a b \r\n") == "a b");
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
}

TEST_CASE("a moment is written as RFC 3339 in UTC") {
  CHECK(to_rfc3339(Instant(Seconds(0))) == "1970-01-01T00:00:00Z");
  CHECK(to_rfc3339(Instant(Seconds(1'709'251'199))) == "2024-02-29T23:59:59Z");
}

TEST_CASE("parts are joined with the separator between them and nowhere else") {
  CHECK(join({}, ", ").empty());
  CHECK(join({"es"}, ", ") == "es");
  CHECK(join({"es", "", "en"}, ", ") == "es, , en");
}

TEST_CASE("octets of no character become U+FFFD, one each, and well-formed text stays") {
  CHECK(well_formed_utf8("a\u00F1\U0001F600") == "a\u00F1\U0001F600");
  CHECK(well_formed_utf8("\xfd\x9d"
                         "a\xc3") ==
        "\uFFFD\uFFFD"
        "a\uFFFD");
  CHECK(well_formed_utf8("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");  // a surrogate
  CHECK(well_formed_utf8("").empty());
}
