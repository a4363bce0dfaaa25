#include <string>
#include <string_view>

#include "core/seal/body_canon.h"
#include "tests/lib/catch.h"

namespace {

using portavoz::BodyHash;

std::string canonical(std::string_view body, std::size_t chunk = std::string::npos) {
  std::string octets;
  BodyHash canon([&](std::string_view piece) { octets += piece; });
  for (; !body.empty(); body.remove_prefix(std::min(chunk, body.size()))) canon.update(body.substr(0, chunk));
  canon.finish();
  return octets;
}

std::string with_crlf(std::string_view body) {
  std::string text;
  for (const char c : body) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return text;
}

}  // namespace

TEST_CASE("the canonical body has LF line ends and no empty lines at its end", "[seal]") {
  struct Row {
    const char* name;
    std::string_view body, canonical;
  };
  const auto row = GENERATE(values<Row>({
      {"an empty body", "", ""},
      {"only empty lines", "\r\n\r\n\n", ""},
      {"only a CR", "\r", ""},
      {"one line", "a\r\n", "a\n"},
      {"LF lines", "a\nb\n", "a\nb\n"},
      {"no line end at the end", "a\r\nb", "a\nb\n"},
      {"a CR at the end", "a\r", "a\n"},
      {"empty lines at the end", "a\r\n\r\n\r\n", "a\n"},
      {"empty lines inside", "\r\n\r\na\r\n\r\nb\r\n", "\n\na\n\nb\n"},
      {"a bare CR inside a line", "a\rb\r\n", "a\rb\n"},
      {"a bare CR at the start of a line", "a\r\n\rb\r\n", "a\n\rb\n"},
      {"more CRs before the LF", "a\r\r\r\nb\r\n", "a\nb\n"},
      {"a line of blanks is not empty", "a\r\n \r\n", "a\n \n"},
  }));
  DYNAMIC_SECTION(row.name) {
    CHECK(canonical(row.body) == row.canonical);
    for (std::size_t chunk = 1; chunk <= row.body.size(); ++chunk)
      CHECK(canonical(row.body, chunk) == row.canonical);
  }
}

TEST_CASE(
    "the gate's CRLF chunks and the door's LF text have one canonical body, wherever the chunks are cut",
    "[seal]") {
  const std::string door = "\n\nAsamblea:\n\ncafé\rx\n.\n..\nfrom here\n\n\nend\n\n\n";
  const std::string gate = with_crlf(door);
  const std::string expected = canonical(door);
  for (std::size_t cut = 0; cut <= gate.size(); ++cut) {
    std::string octets;
    BodyHash canon([&](std::string_view piece) { octets += piece; });
    canon.update(std::string_view(gate).substr(0, cut));
    canon.update(std::string_view(gate).substr(cut));
    canon.finish();
    REQUIRE(octets == expected);
  }
}

TEST_CASE("many empty lines inside a large body are kept", "[seal]") {
  const std::string body = "a\n" + std::string(100000, '\n') + std::string(100000, 'x') + "\n";
  CHECK(canonical(with_crlf(body), 65535) == body);
}

TEST_CASE("other text gives another canonical body", "[seal]") {
  CHECK(canonical("a\nb\n") != canonical("a\nc\n"));
  CHECK(canonical("a\n\nb\n") != canonical("a\nb\n"));
  CHECK(canonical("a \n") != canonical("a\n"));
}
