// What the renderer and the verifier say to each other: what is read and written again is the same octets.
#include "core/render/wire.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto octets = text_of(data, size);
  if (const auto request = read_request(octets); request && *request) {
    const auto written = format_request(**request);
    must(written && *written == octets, "a request has one form");
  }
  if (const auto answer = read_answer(octets); answer && *answer)
    must(format_answer(**answer) == octets, "an answer has one form");
  return 0;
}
