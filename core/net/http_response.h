// HttpResponse: a response read again from the octets that came (RFC 9112), to find its content in them. It
// was judged when it came (adapters/curl/response_head.h); here it is only taken apart, inside its own
// octets. Errors: nothing when there is no whole head. Threads: pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/net/fetch.h"

namespace portavoz {

struct HttpResponse {
  std::string_view octets;  // the final response: interim ones (RFC 9110 §15.2) stood before it
  std::string_view head;    // of it, with the empty line
  int status = 0;
  std::string content_type;
  bool gzip = false;
  bool chunked = false;
  std::optional<std::string> payload;  // without chunks, and still encoded; nothing when it is cut
};

[[nodiscard]] std::optional<HttpResponse> read_http_response(std::string_view octets);

// The payload without its Content-Encoding, as FetchResult::body.
[[nodiscard]] Unpacked content_of(const HttpResponse& response, std::size_t max);

}  // namespace portavoz
