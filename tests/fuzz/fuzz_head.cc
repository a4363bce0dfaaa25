// The head of a response, line by line as it comes: it is refused with a reason, or leads to a step.
#include "adapters/curl/response_head.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  auto text = text_of(data, size);
  curl::ResponseHead head;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    if (!head.take(text.substr(0, end))) return must(!head.detail().empty(), "a refusal says why"), 0;
    text.remove_prefix(end);
  }
  if (head.complete()) static_cast<void>(head.step(FetchLimits{}, size % 2 == 0));
  return 0;
}
