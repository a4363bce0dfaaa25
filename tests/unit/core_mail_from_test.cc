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
      {" Asamblea del Norte, C.A. <contacto@norte.example>", nullptr},
      {" Asamblea C.A. <contacto@norte.example>", "contacto@norte.example"},
      {" \"Asamblea, Norte; <x@evil.example>:\" <contacto@norte.example>", "contacto@norte.example"},
      {" =?ISO-8859-1?Q?Asamblea_=F1?=\n =?ISO-8859-1?Q?and=FA?= <contacto@norte.example>",
       "contacto@norte.example"},
      {" (a (nested \\) comment)) contacto (c) @ (d) norte.example (e)", "contacto@norte.example"},
      {" Asamblea\r\n <\r\n contacto@norte.example\r\n >", "contacto@norte.example"},
      {" \"contacto\"@norte.example", "contacto@norte.example"},
      {" \"junta directiva\"@norte.example", "\"junta directiva\"@norte.example"},
      {" Asamblea ñandú <información@norte.example>", "información@norte.example"},
      {" Nombre \xF1 latin1 <contacto@norte.example>", "contacto@norte.example"},
      {" =?utf-8?Q?evil=40x.example?= <contacto@norte.example>", "contacto@norte.example"},
  }));
  CAPTURE(row.value);
  const auto address = parse_from(row.value);
  if (row.address == nullptr) {
    CHECK_FALSE(address);
    return;
  }
  REQUIRE(address);
  CHECK(address->text() == row.address);
}

TEST_CASE("a From that two programs could read differently is refused") {
  const auto value = GENERATE(values<std::string>({
      "",
      " ",
      " ()",
      " Asamblea",
      " <>",
      " undisclosed:;",
      " group: a@x.example;",
      " a@x.example, b@y.example",
      " a@x.example; b@y.example",
      " a@x.example b@y.example",
      " <a@x.example> b@y.example",
      " a@x.example <b@y.example>",
      " <a@x.example> <b@y.example>",
      " <@relay.example:a@x.example>",
      " @relay.example:a@x.example",
      " <a@x.example",
      " a@x.example>",
      " \"a@x.example",
      " (a@x.example",
      " a@x.example (open",
      " a@[192.0.2.1]",
      " a . b@x.example",
      " a.b@x . example",
      " a@@x.example",
      " a@x@y.example",
      " Name <a@x.example> tail",
      " ,a@x.example",
      " a@x.example,",
      " <a@x.example,b@y.example>",
      " a@x.example\nX: y",
      std::string(" a@x.example\0", 13),
      " a\x01@x.example",
      " \"a\x01\" <a@x.example>",
      " =?utf-8?Q?a=40x.example?=",
      " =?utf-8?Q?a?=@x.example b",
      " Real Name a@x.example",
      " (\\",
      " one two@x.example",
      std::string(" ") + std::string(100, '(') + "a@x.example",
  }));
  CAPTURE(value);
  const auto address = parse_from(value);
  REQUIRE_FALSE(address);
  CHECK(address.error().kind == ErrorKind::bad_input);
}
