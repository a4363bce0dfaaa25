// What the verifier's shell and its fetcher agree on: bounds, what a fetch gives, and the functions that the
// fetcher is handed (look-up of a name, a monotonic clock). It fetches nothing itself: adapters/curl does.
// Units: octets and milliseconds. Errors: none; how a fetch ended is its FetchOutcome. Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/net/ip.h"
#include "core/net/outcome.h"

namespace portavoz {

struct FetchLimits {
  Millis total{20'000};                          // over all hops, name look-ups included
  Millis connect{5'000};                         // one connection, TLS included
  Millis dns{5'000};                             // one name
  std::size_t body = std::size_t{2} << 20U;      // after the encoding is taken off
  std::size_t wire = std::size_t{2} << 20U;      // as it came, over all hops, without the headers
  std::size_t headers = std::size_t{64} << 10U;  // of one response, trailers included
  int redirects = 5;
};

// What is asked for. The validators are those of an earlier answer (RFC 9110 §8.8), empty without one.
struct FetchRequest {
  std::string url;
  std::string if_none_match;      // an ETag
  std::string if_modified_since;  // a Last-Modified
  Millis within = Millis::max();  // less than the total of the limits, when less is left of a budget
  bool one_site = false;          // a redirect to another site is given back, not followed
};

struct FetchResult {
  FetchOutcome outcome = FetchOutcome::bad_url;
  std::string detail;         // one phrase for a person; empty when the outcome says it all
  std::string final_url;      // of the last hop that was tried; as given when it is no URL
  int http_status = 0;        // 0: no answer came
  std::string content_type;   // as the server wrote it
  std::string body;           // the page's octets without Content-Encoding; only with FetchOutcome::ok
  std::size_t raw_bytes = 0;  // everything that came, headers included
  std::vector<std::string> redirects;  // the URLs on the way, the first one included, the final one not
  std::optional<Seconds> retry_after;  // what a 429 or 503 asked for, at most a day
  // Of the last hop, as evidence: what was sent, and what came, octet by octet, inside the bounds.
  std::string request_octets;
  std::string response_octets;      // head and body, chunk sizes included
  bool whole = false;               // the response came to its end
  std::optional<IpAddress> server;  // who answered
  std::string elsewhere;            // the URL of another site to which it redirects, with `one_site`
  std::string etag;                 // as the server wrote them; empty without one
  std::string last_modified;
};

struct Resolution {
  // no_name: the DNS has no such name (NXDOMAIN). no_address: it has, without an address (RFC 2308 §2.2).
  enum class Answer : std::uint8_t { found, no_name, no_address, failed, timed_out };
  Answer answer = Answer::failed;
  std::vector<IpAddress> addresses;
  std::string why;  // for a person, when not found
};

// One look-up that is under way. Destroying it cancels: its callback is not called any more.
class LookUp {
 public:
  LookUp() = default;
  LookUp(const LookUp&) = delete;
  LookUp& operator=(const LookUp&) = delete;
  LookUp(LookUp&&) = delete;
  LookUp& operator=(LookUp&&) = delete;
  virtual ~LookUp() = default;
};

// Looks an A-label name up, A and AAAA together, and calls `done` once: from the loop, never inside of this
// call, and within `deadline`. `done` may destroy the LookUp.
using AsyncResolve = std::function<std::unique_ptr<LookUp>(const std::string& name, Millis deadline,
                                                           std::function<void(Resolution)> done)>;

using MonotonicClock = Millis (*)();

// The octets inside one gzip member (RFC 1952), which must be the whole of `octets`.
// FetchOutcome::bad_encoding when it is broken, cut or followed by anything; too_large past max. Defined by
// adapters/zlib.
struct Unpacked {
  FetchOutcome outcome = FetchOutcome::bad_encoding;
  std::string octets;
};
[[nodiscard]] Unpacked gunzip(std::string_view octets, std::size_t max);

// The media type of a Content-Type value in lower case, without parameters: "text/html".
[[nodiscard]] std::string media_type(std::string_view content_type);

// True for what is read as a page: HTML, plain text, a vCard, a feed, or no type at all.
[[nodiscard]] bool is_page_type(std::string_view media_type);

// Parameter `charset` of a Content-Type value, without quotes, in lower case; empty when there is none.
[[nodiscard]] std::string charset_parameter(std::string_view content_type);

}  // namespace portavoz
