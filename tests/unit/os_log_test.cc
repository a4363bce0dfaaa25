#include "adapters/os/log.h"
#include "tests/lib/catch.h"

using portavoz::log_text;

TEST_CASE("a log line keeps UTF-8 and loses every control character", "[os]") {
  CHECK(log_text("Asamblea caf\xc3\xa9") == "Asamblea caf\xc3\xa9");
  CHECK(log_text("a\nportavoz: info: forged\r\t\x1b[31m\x7f") == "a?portavoz: info: forged???[31m?");
  CHECK(log_text(std::string_view("a\0b", 3)) == "a?b");
  CHECK(log_text("C1: \xc2\x9b"
                 "31m, and \xc2\xa1hola!") == "C1: ?31m, and \xc2\xa1hola!");
  CHECK(log_text("no UTF-8: \xe9 \xc3\xa9") == "no UTF-8: ? ??");
}
