#include "core/mail/from.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("the one mailbox of From is found whatever comments, folds and names stand around it") {
  struct Row {
    const char* value;
    const char* address;
  };
  const auto row = GENERATE(values<Row>({
      {" contacto@norte.example", "contacto@norte.example"},
      {"\tcontacto@norte.example \t", "contacto@norte.example"},
      {" <contacto@norte.example>", "contacto@norte.example"},
      {" Asamblea <contacto@norte.example>", "contacto@norte.example"},
      {"contacto@norte.example", "contacto@norte.example"},
      {" Asamblea C.A. <contacto@norte.example>", "contacto@norte.example"},
      {" A.B. C. <contacto@norte.example>", "contacto@norte.example"},
      {"   Asamblea\t  del  Norte\t<contacto@norte.example>", "contacto@norte.example"},
      {"\r\n contacto@norte.example\r\n", "contacto@norte.example"},
      {" \r\n \r\n\tcontacto@norte.example\r\n ", "contacto@norte.example"},
      {" CONTACTO@Norte.EXAMPLE", "contacto@norte.example"},
      {" \"\" <contacto@norte.example>", "contacto@norte.example"},
      {" \"Asamblea\" \"del\" Norte <contacto@norte.example>", "contacto@norte.example"},
      {" \"Asamblea\"<contacto@norte.example>(sede)", "contacto@norte.example"},
      {" \"la \\\"Norte\\\" \\\\\" <contacto@norte.example>", "contacto@norte.example"},
      {" \"Asamblea del Norte,\r\n Oficina de\r\n\tPrensa\"\r\n <contacto@norte.example>",
       "contacto@norte.example"},
      {" \"uno@evil.example\" <contacto@norte.example>", "contacto@norte.example"},
      {" (uno@evil.example) contacto@norte.example", "contacto@norte.example"},
      {" <contacto@norte.example (uno@evil.example)>", "contacto@norte.example"},
      {" (oficina (central\\)) ) Asamblea (norte) <contacto@norte.example> (sede)", "contacto@norte.example"},
      {" < (a) contacto (b) @ (c) norte.example (d) > (e)", "contacto@norte.example"},
      {" \"Asamblea, Norte; <x@evil.example>:\" <contacto@norte.example>", "contacto@norte.example"},
      {" =?ISO-8859-1?Q?Asamblea_=F1?=\n =?ISO-8859-1?Q?and=FA?= <contacto@norte.example>",
       "contacto@norte.example"},
      {" (a (nested \\) comment)) contacto (c) @ (d) norte.example (e)", "contacto@norte.example"},
      {" Asamblea\r\n <\r\n contacto@norte.example\r\n >", "contacto@norte.example"},
      {" \"contacto\"@norte.example", "contacto@norte.example"},
      {" <\"con\\tacto\"@norte.example>", "contacto@norte.example"},
      {" <\"junta\r\n directiva\"@norte.example>", "\"junta directiva\"@norte.example"},
      {" \"a@b\"@norte.example", "\"a@b\"@norte.example"},
      {" contacto+ventas@norte.example", "contacto+ventas@norte.example"},
      {" contacto%norte.example@evil.example", "contacto%norte.example@evil.example"},
      {" a=?b@norte.example", "a=?b@norte.example"},
      {" norte.example!contacto@evil.example", "norte.example!contacto@evil.example"},
      {" 'contacto'@norte.example", "'contacto'@norte.example"},
      {" \"junta directiva\"@norte.example", "\"junta directiva\"@norte.example"},
      {" Asamblea ñandú <información@norte.example>", "información@norte.example"},
      {" Nombre \xF1 latin1 <contacto@norte.example>", "contacto@norte.example"},
      {" =?utf-8?Q?evil=40x.example?= <contacto@norte.example>", "contacto@norte.example"},
      {" =?utf-8?B?8J+ToyBBdmlzb3M=?=\r\n\t=?windows-1252?Q?_=93Norte=94?= <contacto@norte.example>",
       "contacto@norte.example"},
      {" =?no-such-charset?X?%%%?= <contacto@norte.example>", "contacto@norte.example"},
      {" informacio\xCC\x81n@asamblea-n\xCC\x83"
       "and\xC3\xBA.example",
       "información@xn--asamblea-and-ihb3k.example"},
      {" contacto@asamblea-ÑANDÚ.example", "contacto@xn--asamblea-and-ihb3k.example"},
      {" contacto@xn--asamblea-nrte-r7k.example", "contacto@xn--asamblea-nrte-r7k.example"},
      {" \xC4\xB1nformaci\xC3\xB3n@norte.example", "\xC4\xB1nformaci\xC3\xB3n@norte.example"},
      {" \xE2\x80\xAE"
       "elpmaxe.etron <contacto@norte.example>",
       "contacto@norte.example"},
  }));
  CAPTURE(row.value);
  const auto address = parse_from(row.value);
  REQUIRE(address);
  CHECK(address->text() == row.address);
}

TEST_CASE("comments may nest, to a depth") {
  const auto nested = [](std::size_t depth) {
    return " " + std::string(depth, '(') + "a" + std::string(depth, ')') + " contacto@norte.example";
  };
  CHECK(parse_from(nested(64)));
  REQUIRE_FALSE(parse_from(nested(100)));
  CHECK(parse_from(nested(100)).error().what == "From holds comments nested too deep");
}

TEST_CASE("a From that two programs could read differently is refused, and the error says why") {
  struct Row {
    std::string value;
    const char* why;
  };
  const auto row = GENERATE(values<Row>({
      {"", "From holds nothing"},
      {" ", "From holds nothing"},
      {" \r\n \r\n", "From holds nothing"},
      {" ()", "From holds nothing"},
      {" Asamblea", "From holds a name and no address"},
      {" \"contacto@norte.example\"", "From holds a name and no address"},
      {" =?utf-8?Q?a=40x.example?=", "From holds a name and no address"},
      {" <>", "From holds no address between < and >"},
      {" Asamblea <Asamblea>", "From holds an address without an @"},
      {" <a@>", "From holds an address without a domain"},
      {" a@", "From holds an address without a domain"},
      {" a@(norte.example)", "From holds an address without a domain"},
      {" @norte.example", "From holds an address with nothing before the @, or a route"},
      {" <@norte.example>", "From holds a route that does not end"},
      // groups (RFC 6854 would allow one; it has no author)
      {" undisclosed:;", "From holds a group, not one mailbox"},
      {" group: a@x.example;", "From holds a group, not one mailbox"},
      {" \"a group\" of: a@x.example;", "From holds a group, not one mailbox"},
      {" group: a@x.example", "From holds a group, not one mailbox"},
      {" a@x.example:;", "From holds a group or a route, not one mailbox"},
      // more than one mailbox
      {" a@x.example, b@y.example", "From holds more than one mailbox"},
      {" a@x.example,", "From holds more than one mailbox"},
      {" A <a@x.example>, B <b@y.example>", "From holds more than one mailbox"},
      {" A, C.A. <a@x.example>", "From holds more than one mailbox, or an empty one"},
      {" ,a@x.example", "From holds more than one mailbox, or an empty one"},
      {" ,,", "From holds more than one mailbox, or an empty one"},
      {" =?utf-8?B?PGFAeC5leGFtcGxlPg==?=,<b@y.example>",
       "From holds more than one mailbox, or an empty one"},
      {" a@x.example; b@y.example", "From holds a semicolon outside a group"},
      {" <a@x.example,b@y.example>", "From holds an angle bracket that is not closed after the address"},
      // text left over
      {" a@x.example b@y.example", "From holds text after the mailbox"},
      {" <a@x.example> b@y.example", "From holds text after the mailbox"},
      {" <a@x.example>b@y.example", "From holds text after the mailbox"},
      {" a@x.example <b@y.example>", "From holds text after the mailbox"},
      {" <a@x.example> <b@y.example>", "From holds text after the mailbox"},
      {" <<a@x.example>>", "From holds no address between < and >"},
      {" <a@x.example>>", "From holds text after the mailbox"},
      {" Name <a@x.example> tail", "From holds text after the mailbox"},
      {" a@x.example>", "From holds text after the mailbox"},
      {" a@x@y.example", "From holds text after the mailbox"},
      {" a@x.example\\", "From holds text after the mailbox"},
      {" a@x.example)", "From holds text after the mailbox"},
      {" a@x . example", "From holds text after the mailbox"},
      {" a@x.example\nX: y", "From holds text after the mailbox"},
      {" a@x.example\n\nb", "From holds text after the mailbox"},
      {" a@x.example\r <b@y.example>", "From holds text after the mailbox"},
      {std::string(" a@x.example\0", 13), "From holds text after the mailbox"},
      {" a@x.example\x7F", "From holds text after the mailbox"},
      {" =?utf-8?Q?a?=@x.example b", "From holds text after the mailbox"},
      // words that are no name and no local part
      {" a@@x.example", "From holds an address without a domain"},
      {" one two@x.example", "From holds several words before the @"},
      {" a . b@x.example", "From holds several words before the @"},
      {" \"a\".b@x.example", "From holds several words before the @"},
      {" \"a\"b@x.example", "From holds several words before the @"},
      {" Real Name a@x.example", "From holds several words before the @"},
      {" <one two@x.example>", "From holds an address without an @"},
      {" <\"a\".b@x.example>", "From holds an address without an @"},
      {" Asamblea [Norte] <a@x.example>", "From holds a character that may not stand there"},
      {" Asamblea\\ Norte <a@x.example>", "From holds a character that may not stand there"},
      {" . <a@x.example>", "From holds a character that may not stand there"},
      {" a\x01@x.example", "From holds a character that may not stand there"},
      {std::string(" a\0@x.example", 13), "From holds a character that may not stand there"},
      {" \n<a@x.example>", "From holds a character that may not stand there"},
      // routes
      {" <@relay.example:a@x.example>", "From holds a route before the address"},
      {" Norte <@evil.example,@x.example:a@x.example>", "From holds a route before the address"},
      {" <@[192.0.2.1]:a@x.example>", "From holds a route before the address"},
      {" @relay.example:a@x.example", "From holds an address with nothing before the @, or a route"},
      // an encoded word in an address (RFC 2047 §5)
      {" <=?utf-8?Q?contacto?=@norte.example>", "From holds an encoded word in the address"},
      {" =?utf-8?Q?contacto?=@norte.example", "From holds an encoded word in the address"},
      {" \"=?utf-8?B?Y29udGFjdG8=?=\"@norte.example", "From holds an encoded word in the address"},
      {" contacto=?utf-8?Q?@evil?=@norte.example", "From holds text after the mailbox"},
      // unclosed
      {" <a@x.example", "From holds an angle bracket that is not closed after the address"},
      {" <a@x.example (b>", "From holds a comment that is not closed"},
      {" \"a@x.example", "From holds a quoted string that is not closed"},
      {" \"a\\", "From holds a quoted string that is not closed"},
      {" \"a\\\" <a@x.example>", "From holds a quoted string that is not closed"},
      {" (a@x.example", "From holds a comment that is not closed"},
      {" a@x.example (open", "From holds a comment that is not closed"},
      {" a@x.example (open (closed)", "From holds a comment that is not closed"},
      {" a@x.example (open \\)", "From holds a comment that is not closed"},
      {" (\\", "From holds a comment that is not closed"},
      {" " + std::string(100, '(') + "a@x.example", "From holds comments nested too deep"},
      {" " + std::string(50, '(') + "a@x.example", "From holds a comment that is not closed"},
      {" a@[192.0.2.1", "From holds a domain literal that is not closed"},
      {" a@[x.example]\\]", "From holds text after the mailbox"},
      // control octets, also escaped
      {" \"a\x01\" <a@x.example>", "From holds a control character"},
      {" \"a\\\x01\" <a@x.example>", "From holds a control character"},
      {" \"a\\\n b\" <a@x.example>", "From holds a control character"},
      {" \"a\nb\" <a@x.example>", "From holds a control character"},
      {" \"a\rb\" <a@x.example>", "From holds a control character"},
      {" \"a\x7F\" <a@x.example>", "From holds a control character"},
      {std::string(" \"a\0\" <a@x.example>", 19), "From holds a control character"},
      {" (a\x01) a@x.example", "From holds a control character"},
      {" (\\\n) a@x.example", "From holds a control character"},
      {std::string(" (\0) a@x.example", 16), "From holds a control character"},
  }));
  CAPTURE(row.value);
  const auto address = parse_from(row.value);
  REQUIRE_FALSE(address);
  CHECK(address.error().kind == ErrorKind::bad_input);
  CHECK(address.error().what == row.why);
}

TEST_CASE("a From whose one address is none that can be compared is refused") {
  const auto value = GENERATE(values<std::string>({
      " a@[192.0.2.1]",
      " <a@[IPv6:2001:db8::1]>",
      " root@localhost",
      " a@x.example.",
      " a@.x.example",
      " a@x..example",
      " .a@x.example",
      " <.a@x.example>",
      " a.@x.example",
      " a..b@x.example",
      " \"\"@x.example",
      " \"a\tb\"@x.example",
      " \xFF@x.example",
      " informaci\xF3n@x.example",
      " a@informaci\xF3n.example",
      " \xE2\x84\xAAontakt@x.example",
      " a@\xE2\x84\xAAlub.example",
      " a@\xEF\xBD\x81samblea-norte.example",
      " a@norte\xE3\x80\x82"
      "example",
      " a@=?utf-8?Q?x?=.example",
      " a@x_y.example",
      " a@" + std::string(64, 'x') + ".example",
      " " + std::string(65, 'a') + "@x.example",
      " a@" + std::string(60000, 'x'),
      " " + std::string(60000, 'a') + "@x.example",
  }));
  CAPTURE(value);
  REQUIRE_FALSE(parse_from(value));
}

TEST_CASE("an error stays short, however long the field") {
  CHECK(parse_from(" " + std::string(60000, 'a') + "@x.example").error().what.size() < 500);
}
