// FetchOutcome: how one attempt to read an evidence page ended, as one word of a closed set. The word is the
// same in the report, the log and the command line. Only `ok` means that a page was read: from anything else
// no conclusion about an address may be drawn. Threads: plain values.
#pragma once

#include <cstdint>
#include <string_view>

namespace portavoz {

enum class FetchOutcome : std::uint8_t {
  ok,
  no_content,    // the server sent an empty page
  not_modified,  // 304 to a conditional request: the page is as it was (RFC 9110 §15.4.5)
  http_error,    // an HTTP status that is no page
  retry_later,   // 429 or 503
  wrong_type,    // no HTML and no plain text
  too_large,     // more octets, or a deeper page, than our bounds
  too_large_headers,
  bad_encoding,  // a Content-Encoding that we did not ask for, or a broken one
  truncated,     // the connection ended before the page did
  bad_http,      // what came is not HTTP as it must be
  bad_url,
  blocked_scheme,
  blocked_port,
  blocked_address,
  too_many_redirects,
  dns_failed,
  dns_timeout,
  connect_failed,
  connect_timeout,
  tls_failed,
  timeout,
  too_slow,
  robots_disallowed,   // the site's robots.txt forbids the page (RFC 9309)
  robots_unreachable,  // whether it does cannot be known now
};

inline constexpr FetchOutcome last_outcome = FetchOutcome::robots_unreachable;

[[nodiscard]] std::string_view outcome_word(FetchOutcome outcome);

// Worth trying again in some minutes, by itself. http_status counts for http_error alone: 5xx may pass, 4xx
// is an answer.
[[nodiscard]] bool retryable(FetchOutcome outcome, int http_status);

}  // namespace portavoz
