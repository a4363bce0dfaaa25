// Hop: one request to one address that was judged already, and its response up to our bounds. The callbacks
// of libcurl end here; no exception leaves them. It follows nothing. Units: octets, milliseconds. Errors: an
// FetchOutcome with a phrase. Threads: one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "adapters/curl/response_head.h"
#include "core/base/owned.h"
#include "core/net/connect_rule.h"
#include "core/net/fetch.h"
#include "core/net/url.h"

namespace portavoz::curl {

using Easy = Owned<CURL, curl_easy_cleanup>;
using List = Owned<curl_slist, curl_slist_free_all>;

struct HopInput {
  const Url& url;
  const std::vector<IpAddress>& addresses;  // judged; empty when the host is an address itself
  const ConnectRule& rule;                  // asked again for the socket's own address
  const FetchLimits& limits;
  Millis left;             // of the total
  std::size_t wire_spent;  // by the hops before
  const std::string& user_agent;
  const std::string& ca_bundle;
};

struct HopResult {
  Step step;
  ResponseHead head;
  std::string body;  // as it came, without chunks; only after a whole response
  std::size_t raw_bytes = 0;
};

// One handle for hop after hop, because it holds the parsed CA bundle; nothing else of one hop reaches the
// next.
struct Handle {
  Easy easy{curl_easy_init()};
  std::string pinned;  // HOST:PORT of the hop before: libcurl would remember its addresses for ever
};

[[nodiscard]] HopResult run_hop(Handle& handle, const HopInput& input);

}  // namespace portavoz::curl
