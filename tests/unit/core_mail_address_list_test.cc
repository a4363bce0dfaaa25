#include "core/mail/address_list.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

std::vector<std::string> texts_in(std::string_view value) {
  std::vector<std::string> texts;
  for (const MailAddress& address : addresses_in(value)) texts.push_back(address.text());
  return texts;
}

}  // namespace

TEST_CASE("every mailbox of a To field is found, and nothing that only looks like one") {
  struct Row {
    const char* value;
    std::vector<std::string> addresses;
  };
  const auto row = GENERATE(values<Row>({
      {"", {}},
      {" ", {}},
      {" (to nobody)", {}},
      {" avisos@listas.example", {"avisos@listas.example"}},
      {" <AVISOS@Listas.Example>\n", {"avisos@listas.example"}},
      {"\tprensa@diario.example,\r\n\tAvisos <avisos@listas.example>\r\n",
       {"prensa@diario.example", "avisos@listas.example"}},
      {" a@x.example,b@y.example , c@z.example", {"a@x.example", "b@y.example", "c@z.example"}},
      {" a@x.example, a@x.example", {"a@x.example", "a@x.example"}},
      // a comma in a name, a comment or an encoded word's text is no separator
      {" \"Norte, Asamblea; <x@evil.example>:\" <a@x.example>, b@y.example", {"a@x.example", "b@y.example"}},
      {" (c, d@evil.example) a@x.example (e@evil.example)", {"a@x.example"}},
      {" =?utf-8?Q?avisos=40listas=2Eexample?= <uno@evil.example>", {"uno@evil.example"}},
      {" \"avisos@listas.example\" <uno@evil.example>", {"uno@evil.example"}},
      {" Asamblea C.A. <a@x.example>", {"a@x.example"}},
      {" Asamblea \xF1 <a@x.example>", {"a@x.example"}},
      {" \"junta directiva\"@x.example", {"\"junta directiva\"@x.example"}},
      {" información@asamblea-ñandú.example", {"información@xn--asamblea-and-ihb3k.example"}},
      // RFC 5322 §3.4: groups
      {" undisclosed-recipients:;", {}},
      {" Vecinos: ;", {}},
      {" Vecinos: a@x.example, Bea <b@y.example>;", {"a@x.example", "b@y.example"}},
      {" c@z.example, \"Los\" vecinos : a@x.example,b@y.example ; (fin), d@z.example",
       {"c@z.example", "a@x.example", "b@y.example", "d@z.example"}},
      {" Uno:a@x.example;, Dos:b@y.example;", {"a@x.example", "b@y.example"}},
      // RFC 5322 §4.4: empty elements
      {" ,a@x.example,, ,b@y.example,", {"a@x.example", "b@y.example"}},
      {" Vecinos:,a@x.example,,;", {"a@x.example"}},
      {",", {}},
      // well written, and not an address that can be compared: left out
      {" root@localhost, a@x.example", {"a@x.example"}},
      {" a@[192.0.2.1], <b@[IPv6:2001:db8::1]>, c@z.example", {"c@z.example"}},
      {" <@relay.example,@two.example:avisos@listas.example>, a@x.example", {"a@x.example"}},
      {" <,@relay.example , (x) :avisos@listas.example>, a@x.example", {"a@x.example"}},
      {" 'avisos@listas.example', a@x.example", {"a@x.example"}},
      {" in..fo@x.example, a@x.example", {"a@x.example"}},
      {" \xFF@x.example, a@x.example", {"a@x.example"}},
      {" \xE2\x84\xAAontakt@x.example, a@x.example", {"a@x.example"}},
  }));
  CAPTURE(row.value);
  CHECK(texts_in(row.value) == row.addresses);
}

TEST_CASE("a To field that does not follow the grammar to its end gives no address") {
  const auto value = GENERATE(values<std::string>({
      " a@x.example b@y.example",
      " a@x.example; b@y.example",
      " a@x.example, nobody",
      " a@x.example, <>",
      " a@x.example, <b@y.example",
      " a@x.example, b@y.example>",
      " a@x.example <b@y.example>",
      " <a@x.example> <b@y.example>",
      " a@x.example, \"open",
      " a@x.example, (open",
      " a@x.example, (open \\)",
      " a@x.example, b@[192.0.2.1",
      " a@x.example, b@[192.0.2.\\1]",
      " a@x.example, @y.example",
      " a@x.example, @relay.example:b@y.example",
      " a@x.example, <@relay.example b@y.example>",
      " a@x.example, b . c@y.example",
      " a@x.example, b@y . example",
      " a@x.example, .b@y.example",
      " a@x.example, b@",
      " a@x.example, b@@y.example",
      " Vecinos: a@x.example",
      " Vecinos: a@x.example; b@y.example",
      " Vecinos: a@x.example;;",
      " Uno: Dos: a@x.example;;",
      " : a@x.example;",
      " a@x.example;",
      " a@x.example\nb@y.example",
      " a@x.example\rb@y.example",
      " a@x.example, \"b\nc\" <b@y.example>",
      " a@x.example, \x01 <b@y.example>",
      " a@x.example, \"\x7F\" <b@y.example>",
      " a@x.example, (\\\x01) b@y.example",
      std::string(" a@x.example, b@y.example\0", 26),
  }));
  CAPTURE(value);
  CHECK(texts_in(value).empty());
}

TEST_CASE("a long To field is read to its end") {
  std::string value = " Vecinos: ";
  for (int i = 0; i < 300; ++i)
    value += "vecino" + std::to_string(i) + "@barrio" + std::to_string(i) + ".example,\r\n ";
  value += "avisos@listas.example;";
  const auto addresses = addresses_in(value);
  REQUIRE(addresses.size() == 301);
  CHECK(addresses.back().text() == "avisos@listas.example");

  value = " a@x.example";
  while (value.size() < 60000) value += ",a@x.example";
  CHECK(addresses_in(value).size() == 5000);

  CHECK(addresses_in(" a@x.example, " + std::string(60000, '(')).empty());
  CHECK(addresses_in(" a@x.example, " + std::string(60000, 'b') + "@y.example").size() == 1);
  CHECK(addresses_in(" a@x.example" + std::string(60000, ',')).size() == 1);
}
