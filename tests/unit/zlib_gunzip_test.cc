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
