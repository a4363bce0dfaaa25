#include "core/mail/encoded_word.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("a name goes into a header field as it is, or in encoded words that no reader can mistake") {
  CHECK(encode_unstructured("Riverside Assembly (North)") == "Riverside Assembly (North)");
  CHECK(encode_unstructured("Asamblea Ñandú") == "=?UTF-8?Q?Asamblea_=C3=91and=C3=BA?=");
  CHECK(encode_unstructured("a\r\nBcc: x@y.example") == "=?UTF-8?Q?a=0D=0ABcc=3A_x=40y=2Eexample?=");
  CHECK(encode_unstructured("=?x?q?y?=").find("=?UTF-8?Q?") == 0);
}

TEST_CASE("long names are folded between whole characters") {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "ñ";
  const std::string value = encode_unstructured(name);
  CHECK(value.find("?=\n =?UTF-8?Q?") != std::string::npos);
  for (std::size_t at = 0; at < value.size();) {
    const auto end = std::min(value.find('\n', at), value.size());
    CHECK(end - at <= 76);
    at = end + 1;
  }
  CHECK(value.find("=C3?=") == std::string::npos);
}
