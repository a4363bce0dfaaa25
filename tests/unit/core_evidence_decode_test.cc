#include "core/evidence/decode.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("percent-encoding is undone, and what is none stays", "[decode]") {
  CHECK(percent_decoded("a%40b%2Eorg") == "a@b.org");
  CHECK(percent_decoded("100% %4 %zz %") == "100% %4 %zz %");
}

TEST_CASE("character references become characters once, unknown ones stay", "[decode]") {
  CHECK(references_resolved("a&#64;b&period;org") == "a@b.org");
  CHECK(references_resolved("a&#x40;b &#xF1; &#128512;") == "a@b \u00F1 \U0001F600");
  CHECK(references_resolved("&amp;#64;") == "&#64;");
  CHECK(references_resolved("&nbsp; &;#64; &#xD800; &#99999999; & &#;") ==
        "&nbsp; &;#64; &#xD800; &#99999999; & &#;");
}

TEST_CASE("letters move by thirteen, and nothing else", "[decode]") {
  CHECK(rot13("perj@avtug-ohf.rknzcyr.bet") == "crew@night-bus.example.org");
  CHECK(rot13(rot13("Az \u00F1 9")) == "Az \u00F1 9");
}

TEST_CASE("text is turned around by characters, not octets", "[decode]") {
  CHECK(reversed("gro.x@\u00F1a") == "a\u00F1@x.org");
  CHECK(reversed("").empty());
}

TEST_CASE("a proxy's hexadecimal digits are undone with their first octet", "[decode]") {
  CHECK(xor_decoded("097d7b66656530304964686065276c71686479656c276a6664") == "troll99@mail.example.com");
  CHECK_FALSE(xor_decoded(""));
  CHECK_FALSE(xor_decoded("0"));
  CHECK_FALSE(xor_decoded("xx12"));
  CHECK_FALSE(xor_decoded("00ff"));  // no UTF-8
}

TEST_CASE("letters, digits and signs move inside of their ranges", "[decode]") {
  CHECK(shifted("ocknvq,dwgtqBuvcfvvgkntcv0gzcorng0fg", -2) == "mailto:buero@stadtteilrat.example.de");
  CHECK(shifted(shifted("mailto:a@b.org", 25), -25) == "mailto:a@b.org");
  CHECK(shifted("\u00F1 ~", 3) == "\u00F1 ~");
}
