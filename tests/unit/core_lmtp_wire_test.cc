#include <string>

#include "core/lmtp/wire.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

// The message as it arrives when the wire is cut into pieces of that size; "open" while the dot has not come.
std::string received(const std::string& wire, std::size_t piece, std::size_t limit = 1000000) {
  LmtpData data(limit);
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    std::string_view octets = std::string_view(wire).substr(at, piece);
    if (data.take(octets)) {
      CHECK(octets.size() + at + piece >= octets.size());
      return data.too_large() ? "too large" : std::move(data).message();
    }
    CHECK(octets.empty());
  }
  return "open";
}

}  // namespace

TEST_CASE("a message goes over the wire and back, in pieces of any size", "[lmtp]") {
  struct Row {
    const char* name;
    std::string message;
    std::string wire;
  };
  const auto row = GENERATE(values<Row>({
      {"nothing", "", ".\r\n"},
      {"a line", "a\n", "a\r\n.\r\n"},
      {"dots", ".\n..\n.x\nx.\n", "..\r\n...\r\n..x\r\nx.\r\n.\r\n"},
      {"empty lines", "\n\na\n\n", "\r\n\r\na\r\n\r\n.\r\n"},
      {"a CR inside a line", "a\rb\n\rc\n", "a\rb\r\n\rc\r\n.\r\n"},
      {"octets that are no text", std::string("\0\xff\xc3\n", 4), std::string("\0\xff\xc3\r\n.\r\n", 8)},
  }));
  DYNAMIC_SECTION(row.name) {
    CHECK(data_on_the_wire(row.message) == row.wire);
    for (std::size_t piece = 1; piece <= row.wire.size(); ++piece)
      CHECK(received(row.wire, piece) == row.message);
  }
}

TEST_CASE("a message without a last line end gets one, and CRLF lines stay as they are", "[lmtp]") {
  CHECK(data_on_the_wire("a\nb") == "a\r\nb\r\n.\r\n");
  CHECK(data_on_the_wire("a\r\n.b\r\n") == "a\r\n..b\r\n.\r\n");
}

TEST_CASE("only CRLF, dot, CRLF ends a message", "[lmtp]") {
  for (const std::string odd : {"a\n.\nb", "a\r.\rb", "a\n.\r\nb", "a\r\n.\nb", "a\r.\r\nb"}) {
    INFO(odd);
    for (std::size_t piece = 1; piece <= odd.size() + 5; ++piece)
      CHECK(received(odd + "\r\n.\r\n", piece).find('b') != std::string::npos);
  }
}

TEST_CASE("what follows the dot is left for the next command", "[lmtp]") {
  LmtpData data(100);
  std::string_view octets = "a\r\n.\r\nQUIT\r\n";
  REQUIRE(data.take(octets));
  CHECK(octets == "QUIT\r\n");
}

TEST_CASE("a message that is too large is read to its end and dropped", "[lmtp]") {
  const std::string lines(3000, 'x');
  for (const std::size_t piece : {1U, 7U, 100000U}) {
    CHECK(received("12345\r\n.\r\n", piece, 6) == "12345\n");
    CHECK(received("123456\r\n.\r\n", piece, 6) == "too large");
    CHECK(received(lines + "\r\n.\r\n", piece, 100) == "too large");
    CHECK(received(lines + ".\r\n" + lines + "\r\n.\r\n", piece, 100) == "too large");
    CHECK(received("a\r\n" + lines + ".", piece, 100) == "open");
  }
}

TEST_CASE("replies are read line by line and written on one", "[lmtp]") {
  std::string buffer = "250-mx.example\r\n250-PIPELINING\r\n250 8BIT";
  CHECK_FALSE(*take_reply(buffer));
  buffer += "MIME\r\n550 5.1.1 no\r\n";
  const auto first = take_reply(buffer);
  REQUIRE(first);
  REQUIRE(*first);
  CHECK((*first)->code == 250);
  CHECK((*first)->text == "mx.example PIPELINING 8BITMIME");
  CHECK((*first)->good());
  const auto second = take_reply(buffer);
  REQUIRE(second);
  REQUIRE(*second);
  CHECK((*second)->permanent());
  CHECK(buffer.empty());
  CHECK(format_reply({550, "5.1.1 n\xc3\xb1\r\n250 ok"}) == "550 5.1.1 n????250 ok\r\n");
  CHECK(format_reply({250, std::string(600, 'x')}).size() == 512);
}

TEST_CASE("what is no reply is an error and never waited for without end", "[lmtp]") {
  for (const std::string text : {"hello\r\n", "25\r\n", "250x\r\n", "999 x\r\n", "\r\n", "2 50 x\r\n"}) {
    std::string buffer = text;
    INFO(text);
    CHECK_FALSE(take_reply(buffer));
  }
  std::string endless = "250-" + std::string(20000, 'x');
  CHECK_FALSE(take_reply(endless));
}
