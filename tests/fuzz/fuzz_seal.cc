// Seals and the facts of posts kept aside: what is read and written again is the same text.
#include "core/seal/held_post.h"
#include "core/seal/seal.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  if (const auto seal = parse_seal(text)) {
    const std::string written = format_seal(*seal);
    const auto again = parse_seal(written);
    must(again && format_seal(*again) == written, "a seal has one text");
  }
  if (const auto post = parse_held_post(text)) {
    const std::string written = format_held_post(*post);
    const auto again = parse_held_post(written);
    must(again && format_held_post(*again) == written, "the facts of a post kept aside have one text");
    must(same_delivery(*post, *again), "a post kept aside is itself");
  }
  return 0;
}
