#include "core/mail/address.h"
#include "core/mail/unicode.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("an address has one canonical form") {
  struct Row {
    const char* text;
    const char* canonical;
  };
  const auto row = GENERATE(values<Row>({
      {"info@example.org", "info@example.org"},
      {"INFO@Example.ORG", "info@example.org"},
      {"\"info\"@example.org", "info@example.org"},
      {"\"in\\fo\"@example.org", "info@example.org"},
      {"\"Junta Directiva\"@example.org", "\"junta directiva\"@example.org"},
      {"\"a@b\"@example.org", "\"a@b\"@example.org"},
      {"a.b+c@example.org", "a.b+c@example.org"},
      {"info@asamblea-ñandú.example", "info@xn--asamblea-and-ihb3k.example"},
      {"info@asamblea-ÑANDÚ.example", "info@xn--asamblea-and-ihb3k.example"},
      {"info@XN--asamblea-and-IHB3K.example", "info@xn--asamblea-and-ihb3k.example"},
      {"informacio\xCC\x81n@example.org", "información@example.org"},
      {"INFORMACIÓN@example.org", "informaciÓn@example.org"},
      // in lower case the letter and its line below are one character of form C, in upper case they are two
      {"H\xCC\xB1@example.org", "\xE1\xBA\x96@example.org"},
      {"\"\\\"\\\\\"@example.org", "\"\\\"\\\\\"@example.org"},
      {"\".\"@example.org", "\".\"@example.org"},
      {"\" \"@example.org", "\" \"@example.org"},
      {"\"a.b\"@example.org", "a.b@example.org"},
      {"!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"},
      {"a@b.c", "a@b.c"},
      {"info@faß.example", "info@xn--fa-hia.example"},
      {"info@日本.example", "info@xn--wgv71a.example"},
  }));
  CAPTURE(row.text);
  const auto address = MailAddress::parse(row.text);
  REQUIRE(address);
  CHECK(address->text() == row.canonical);
  CHECK(MailAddress::parse(address->text()).value() == *address);
}

TEST_CASE("what is no address is refused with a sentence that names it") {
  const auto text = GENERATE(values<std::string>({
      "",
      "info",
      "@example.org",
      "info@",
      "info@example",
      "info@example.org.",
      "info@.example.org",
      "info@exa mple.org",
      "in fo@example.org",
      ".info@example.org",
      "info.@example.org",
      "in..fo@example.org",
      "<info@example.org>",
      "\"info@example.org",
      "\"\"@example.org",
      "\"a\"b\"@example.org",
      "\"a\nb\"@example.org",
      "info@[192.0.2.1]",
      "info@-example.org",
      "info@example-.org",
      "info@exam_ple.org",
      "info@example.org\r\nBcc: x@y.example",
      "info@\xE2\x84\xAAlub.example",
      "\xE2\x84\xAAlub@example.org",
      "info@xn--\x80.example",
      "\xFF@example.org",
      "info@ｅxample.org",
      "info@xn--a.example",
      std::string(65, 'a') + "@example.org",
      // longer in form C than it was: 21 times three octets become six
      repeated("\xE0\xA5\x98", 21) + "@example.org",
      "info@" + std::string(64, 'a') + ".example",
      "info@" + std::string(60000, 'a') + ".example",
      "info@" + repeated("ñ.", 20000) + "example",
      std::string("info@example.org\0", 17),
      std::string("info@ñandú.example\0.evil.example", 34),
      std::string("in\0fo@example.org", 17),
      "info@ñandú..example",
      "info@ñandú.example.",
      "info@\xE2\x80\x8Bnorte.example",
      "info@norte\xE3\x80\x82"
      "example",
      "info@xn--fa-hia\x7F.example",
      "@",
      "\"@example.org",
      "\"\\\"@example.org",
  }));
  CAPTURE(text);
  const auto address = MailAddress::parse(text);
  REQUIRE_FALSE(address);
  CHECK(address.error().kind == ErrorKind::bad_input);
  CHECK(address.error().what.find("is not a mail address: ") != std::string::npos);
}

TEST_CASE("dots, plus signs and look-alikes make different addresses") {
  CHECK(MailAddress::parse("a.b@example.org").value() != MailAddress::parse("ab@example.org").value());
  CHECK(MailAddress::parse("a+x@example.org").value() != MailAddress::parse("a@example.org").value());
  CHECK(MailAddress::parse("\xD0\xB0@example.org").value() != MailAddress::parse("a@example.org").value());
}

TEST_CASE("a reply holds ASCII: letters lose their marks and nothing else is lost silently") {
  CHECK(fold_to_ascii("¿Señal añadida? ¡Sí!") == "Senal anadida? Si!");
  CHECK(fold_to_ascii("plain") == "plain");
  CHECK(fold_to_ascii("→ 你") == "? ?");
}
