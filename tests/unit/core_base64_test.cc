#include "core/base/base64.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("octets become base64 with its padding, as in the examples of RFC 4648 §10, and come back") {
  struct Row {
    std::string octets;
    std::string text;
  };
  const auto row = GENERATE(values<Row>({{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"},
                                         {std::string("\0\xff\xfb\xef", 4), "AP/77w=="}}));
  CHECK(encode_base64(row.octets) == row.text);
  CHECK(decode_base64(row.text) == row.octets);
}

TEST_CASE("base64 is read without its padding and with blanks in it, and nothing else may stand there") {
  struct Row {
    std::string text;
    std::optional<std::string> octets;
  };
  const auto row = GENERATE(values<Row>({{"Zg", "f"},
                                         {"Zg=", "f"},
                                         {"Zm8", "fo"},
                                         {" Zm\r\n\t9v ", "foo"},
                                         {"Zm9vYg= =", "foob"},
                                         {"=", ""},
                                         {"Z", std::nullopt},
                                         {"Zm9vY", std::nullopt},
                                         {"Zg===", std::nullopt},
                                         {"Zg==Zg==", std::nullopt},
                                         {"Zm9v!", std::nullopt},
                                         {"Zm9\x80", std::nullopt}}));
  CAPTURE(row.text);
  CHECK(decode_base64(row.text) == row.octets);
}
