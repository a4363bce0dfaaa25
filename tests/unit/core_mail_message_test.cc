#include "core/mail/message.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("a message is cut into its fields and its body, folds kept, with LF and with CRLF") {
  const auto message =
      split_message("From: a@x.example\r\nSubject : one\r\n two\r\nTo:b@y.example\n\nbody\r\n\r\nend");
  REQUIRE(message.fields.size() == 3);
  CHECK(message.fields[0].name == "From");
  CHECK(message.fields[0].value == " a@x.example");
  CHECK(message.fields[1].name == "Subject");
  CHECK(message.fields[1].value == " one\n two");
  CHECK(message.fields[2].value == "b@y.example");
  CHECK(message.body == "body\r\n\r\nend");
}

TEST_CASE("where a line is neither field nor continuation the body begins") {
  CHECK(split_message(" From: a@x.example\n\nb").fields.empty());
  CHECK(split_message("A: 1\nno field here\nB: 2\n").fields.size() == 1);
  CHECK(split_message("\xEF\xBB\xBF"
                      "From: a@x.example\n")
            .fields.empty());
  CHECK(split_message(": x\n").fields.empty());
  CHECK(split_message("").fields.empty());
}

TEST_CASE("all fields of a name are found whatever their case") {
  const auto message = split_message("From: 1\nfROM: 2\nX-From: 3\n\n");
  CHECK(field_values(message.fields, "from") == std::vector<std::string_view>{" 1", " 2"});
}
