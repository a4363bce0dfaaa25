#include <string>

#include "core/render/wire.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const std::string png = "\x89PNG\r\n\x1a\n and what follows";

RenderRequest request() {
  return {Millis(3000), "https://a.example/contact?x=1", "text/html; charset=latin1",
          std::string("<p>\0\xff", 5)};
}

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 24U), static_cast<char>(value >> 16U), static_cast<char>(value >> 8U),
          static_cast<char>(value)};
}

std::string head(const std::string& mark, std::size_t first, std::size_t a, std::size_t b, std::size_t c) {
  return mark + number(first) + number(a) + number(b) + number(c);
}

// What is read of the octets: "open", "refused: …" or "whole".
std::string as_request(const std::string& octets) {
  const auto read = read_request(octets);
  return !read ? "refused: " + read.error().what : *read ? "whole" : "open";
}
std::string as_answer(const std::string& octets) {
  const auto read = read_answer(octets);
  return !read ? "refused: " + read.error().what : *read ? "whole" : "open";
}

}  // namespace

TEST_CASE("a request for a rendering goes over the wire and back, and is open at every cut", "[render]") {
  const auto octets = format_request(request());
  REQUIRE(octets);
  const auto read = read_request(*octets);
  REQUIRE(read);
  REQUIRE(*read);
  const RenderRequest& back = **read;
  CHECK(back.within == Millis(3000));
  CHECK(back.url == request().url);
  CHECK(back.content_type == request().content_type);
  CHECK(back.page == request().page);
  for (std::size_t cut = 0; cut < octets->size(); ++cut) CHECK(as_request(octets->substr(0, cut)) == "open");
  CHECK(as_request(*octets + "x") == "refused: more follows than it announced");
}

TEST_CASE("a request asks for no more time than a page has", "[render]") {
  auto patient = request();
  patient.within = std::chrono::hours(1);
  CHECK((**read_request(*format_request(patient))).within == RenderLimits::time);
  patient.within = Millis(-1);
  CHECK((**read_request(*format_request(patient))).within == Millis(0));
}

TEST_CASE("a request that is too large, or for no URL, is not made", "[render]") {
  auto large = request();
  large.page = std::string(RenderLimits::page + 1, 'x');
  CHECK_FALSE(format_request(large));
  auto elsewhere = request();
  elsewhere.url = "file:///etc/passwd";
  CHECK_FALSE(format_request(elsewhere));
  auto header = request();
  header.content_type = "text/html\r\nSet-Cookie: a=b";
  CHECK_FALSE(format_request(header));
}

TEST_CASE("what is no request is refused as soon as that shows", "[render]") {
  CHECK(as_request("GET / HTTP/1.1") == "refused: it does not begin with PVR1");
  CHECK(as_request("PVR2") == "refused: it does not begin with PVR1");
  CHECK(as_request("PVA1") == "refused: it does not begin with PVR1");
  CHECK(as_request(head("PVR1", 1, 5, 0, RenderLimits::page + 1)) ==
        "refused: a part of it is larger than is taken");
  CHECK(as_request(head("PVR1", 1, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)) ==
        "refused: a part of it is larger than is taken");
  CHECK(as_request(head("PVR1", 60'000, 17, 0, 0) + "http://a.example/") ==
        "refused: it allows too much time");
  CHECK(as_request(head("PVR1", 1, 19, 0, 0) + "file:///etc/passwd ") == "refused: its URL is none");
  CHECK(as_request(head("PVR1", 1, 0, 0, 0)) == "refused: its URL is none");
  CHECK(as_request(head("PVR1", 1, 17, 2, 0) + "http://a.example/\r\n") ==
        "refused: its content type is none");
}

TEST_CASE("a rendered page goes over the wire and back, and is open at every cut", "[render]") {
  const std::string octets = format_answer(Rendered{std::string("<p>\0\xff", 5), png});
  const auto read = read_answer(octets);
  REQUIRE(read);
  REQUIRE(*read);
  REQUIRE(**read);
  CHECK((**read)->html == std::string("<p>\0\xff", 5));
  CHECK((**read)->png == png);
  for (std::size_t cut = 0; cut < octets.size(); ++cut) CHECK(as_answer(octets.substr(0, cut)) == "open");
  CHECK(as_answer(octets + "x") == "refused: more follows than it announced");
}

TEST_CASE("a failure comes over the wire as the renderer's phrase, cut to its limit", "[render]") {
  const auto said = [](const Result<Rendered>& answer) {
    const auto read = read_answer(format_answer(answer));
    REQUIRE(read);
    REQUIRE(*read);
    REQUIRE_FALSE(**read);
    return (**read).error().what;
  };
  CHECK(said(Error{ErrorKind::unavailable, "the page did not come to rest"}) ==
        "the page did not come to rest");
  CHECK(said(Error{ErrorKind::internal, std::string(5000, 'x')}) == std::string(RenderLimits::why, 'x'));
  CHECK(said(Rendered{"", png}) == "the browser showed no document");
  CHECK(said(Rendered{std::string(RenderLimits::html + 1, 'x'), png}) ==
        "the rendered page is larger than is taken");
}

TEST_CASE("a picture that is too large is left out, and the page still comes", "[render]") {
  const auto read = read_answer(format_answer(Rendered{"<p>", std::string(RenderLimits::png + 1, 'x')}));
  REQUIRE(read);
  REQUIRE(*read);
  REQUIRE(**read);
  CHECK((**read)->html == "<p>");
  CHECK((**read)->png.empty());
}

TEST_CASE("an answer that contradicts itself is refused", "[render]") {
  CHECK(as_answer("PVR1") == "refused: it does not begin with PVA1");
  CHECK(as_answer(head("PVA1", 0, 0, RenderLimits::html + 1, 0)) ==
        "refused: a part of it is larger than is taken");
  CHECK(as_answer(head("PVA1", 0, 0, 0, RenderLimits::png + 1)) ==
        "refused: a part of it is larger than is taken");
  CHECK(as_answer(head("PVA1", 2, 0, 1, 0) + "x") == "refused: it is neither a page nor a failure");
  CHECK(as_answer(head("PVA1", 1, 0, 1, 0) + "x") == "refused: it is a failure and a page at once");
  CHECK(as_answer(head("PVA1", 0, 1, 1, 0) + "xx") == "refused: it is a page without a document");
  CHECK(as_answer(head("PVA1", 0, 0, 0, 0)) == "refused: it is a page without a document");
  CHECK(as_answer(head("PVA1", 0, 0, 1, 9) + "x<!doctype") == "refused: its picture is no PNG");
}
