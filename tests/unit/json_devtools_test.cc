#include "adapters/json/devtools_json.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("an answer of the browser is read with its texts and numbers") {
  const auto read =
      read_devtools(R"({"id":7,"sessionId":"S","result":{"root":{"nodeId":3,"x":[1]},"data":"ab"}})");
  REQUIRE(read);
  CHECK(read->id == 7);
  CHECK(read->session == "S");
  CHECK(read->value("root.nodeId") == "3");
  CHECK(read->value("data") == "ab");
  CHECK(read->value("root.x").empty());
  CHECK(read->error.empty());
}

TEST_CASE("an event of the browser is read, and so is an error") {
  const auto event = read_devtools(R"({"method":"Fetch.requestPaused","params":{"requestId":"r","n":1}})");
  REQUIRE(event);
  CHECK(event->id == 0);
  CHECK(event->method == "Fetch.requestPaused");
  CHECK(event->value("requestId") == "r");
  const auto error = read_devtools(R"({"id":1,"error":{"code":-1,"message":"no such thing"}})");
  REQUIRE(error);
  CHECK(error->error == "no such thing");
}

TEST_CASE("what a browser that was taken over may say instead is refused, or read as nothing") {
  for (const char* text :
       {"", "x", "[]", "{}", "1", "\xff", R"({"id":"1"})", R"({"method":3})", R"({"id":1)"})
    CHECK_FALSE(read_devtools(text));
  CHECK(read_devtools(R"({"id":1,"result":[]})")->values.empty());
  CHECK(read_devtools(R"({"id":1,"error":5})")->error == "an error");
  CHECK_FALSE(read_devtools(std::string(1'000'000, '[')));
}
