#include "core/base/gzip.h"
#include "core/net/http_response.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("a response's content is found behind its head, whatever frames it") {
  struct Row {
    std::string octets;
    std::optional<std::string> payload;
  };
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::vector<Row> rows{
      {head + "\r\npage", "page"},
      {head + "\r\n", ""},
      {"HTTP/1.0 200 OK\n\npage", "page"},  // RFC 9112 §2.2
      {head + "Content-Length: 4\r\n\r\npage and more", "page"},
      {head + "Content-Length: 5\r\n\r\npage", std::nullopt},
      {head + "Transfer-Encoding: chunked\r\n\r\n2\r\npa\r\n2;x=y\r\nge\r\n0\r\n\r\n", "page"},
      {head + "transfer-encoding: Chunked\r\n\r\n0a\r\n0123456789\r\n0\r\nX: y\r\n\r\n", "0123456789"},
      {head + "Transfer-Encoding: chunked\r\n\r\n4\r\npa", std::nullopt},
      {head + "Transfer-Encoding: chunked\r\n\r\n4\r\npage\r\n", std::nullopt},
      {head + "Transfer-Encoding: chunked\r\n\r\n4\r\npageX\r\n0\r\n\r\n", std::nullopt},
      {head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\npage", std::nullopt},
      {head + "Transfer-Encoding: chunked\r\n\r\n\r\n", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.octets);
    const auto response = read_http_response(row.octets);
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->payload == row.payload);
  }
}

TEST_CASE("interim answers stand before a response and are none of it") {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\npage";
  const std::string octets = "HTTP/1.1 103 Early Hints\r\nContent-Type: no\r\n\r\n" + answer;
  const auto response = read_http_response(octets);
  REQUIRE(response);
  CHECK(response->octets == answer);
  CHECK(response->head == answer.substr(0, answer.size() - 4));
  CHECK(response->content_type == "text/plain");
}

TEST_CASE("what has no whole head is no response") {
  for (const char* octets :
       {"", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1\r\n\r\n",
        "HTTP/1. \r\n\r\n", "<!doctype html>\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    CAPTURE(octets);
    CHECK_FALSE(read_http_response(octets));
  }
}

TEST_CASE("content comes out of its encoding, inside a bound") {
  const std::string octets = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip("page");
  const auto response = read_http_response(octets);
  REQUIRE(response);
  CHECK(content_of(*response, 4).octets == "page");
  CHECK(content_of(*response, 3).outcome == FetchOutcome::too_large);
  const auto plain = read_http_response("HTTP/1.1 200 OK\r\n\r\npage");
  CHECK(content_of(*plain, 4).octets == "page");
  CHECK(content_of(*plain, 3).outcome == FetchOutcome::too_large);
  const auto lie = read_http_response("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\npage");
  CHECK(content_of(*lie, 100).outcome == FetchOutcome::bad_encoding);
}
