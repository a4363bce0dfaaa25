#include "core/base/gzip.h"
#include "core/net/fetch.h"
#include "tests/lib/catch.h"

using namespace portavoz;
using namespace std::string_literals;

namespace {

// "hello" by gzip -n.
const std::string hello =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00"s;

}  // namespace

TEST_CASE("one gzip member gives its octets") {
  const auto unpacked = gunzip(hello, 5);
  CHECK(unpacked.outcome == FetchOutcome::ok);
  CHECK(unpacked.octets == "hello");
}

TEST_CASE("more than was asked for is too large, and nothing of it is kept") {
  const auto unpacked = gunzip(hello, 4);
  CHECK(unpacked.outcome == FetchOutcome::too_large);
  CHECK(unpacked.octets.empty());
}

TEST_CASE("what is cut, damaged, followed or no gzip at all is a bad encoding") {
  std::string damaged = hello;
  damaged[19] = '\x00';
  for (const auto& octets : {hello.substr(0, hello.size() - 1), hello.substr(0, 12), hello + "x",
                             hello + hello, damaged, "hello"s, ""s}) {
    CHECK(gunzip(octets, 100).outcome == FetchOutcome::bad_encoding);
  }
}

TEST_CASE("what was packed comes out again, and the same octets give the same member") {
  std::string long_text;
  for (int i = 0; i < 100'000; ++i) long_text += static_cast<char>(i * 7919 >> 3);
  for (const auto& octets : {"hello"s, ""s, "\0\xff"s, long_text}) {
    CHECK(gzip(octets) == gzip(octets));
    const auto unpacked = gunzip(gzip(octets), octets.size());
    CHECK(unpacked.outcome == FetchOutcome::ok);
    CHECK(unpacked.octets == octets);
  }
}

TEST_CASE("members that follow each other come out one by one") {
  const std::string two = gzip("one") + gzip("the other");
  const auto first = first_gzip_member(two, 3);
  REQUIRE(first);
  CHECK(first->octets == "one");
  const auto second = first_gzip_member(std::string_view(two).substr(first->length), 9);
  REQUIRE(second);
  CHECK(second->octets == "the other");
  CHECK(first->length + second->length == two.size());
  CHECK_FALSE(first_gzip_member(two, 2));
  CHECK_FALSE(first_gzip_member(two.substr(0, 10), 3));
  CHECK_FALSE(first_gzip_member("", 3));
}
