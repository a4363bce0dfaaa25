#include "core/net/outcome.h"

#include <array>

namespace portavoz {

std::string_view outcome_word(FetchOutcome outcome) {
  static constexpr std::array<std::string_view, 25> words{"ok",
                                                          "no_content",
                                                          "not_modified",
                                                          "http_error",
                                                          "retry_later",
                                                          "wrong_type",
                                                          "too_large",
                                                          "too_large_headers",
                                                          "bad_encoding",
                                                          "truncated",
                                                          "bad_http",
                                                          "bad_url",
                                                          "blocked_scheme",
                                                          "blocked_port",
                                                          "blocked_address",
                                                          "too_many_redirects",
                                                          "dns_failed",
                                                          "dns_timeout",
                                                          "connect_failed",
                                                          "connect_timeout",
                                                          "tls_failed",
                                                          "timeout",
                                                          "too_slow",
                                                          "robots_disallowed",
                                                          "robots_unreachable"};
  return words.at(static_cast<std::size_t>(outcome));
}

bool retryable(FetchOutcome outcome, int http_status) {
  switch (outcome) {
    case FetchOutcome::retry_later:
    case FetchOutcome::dns_timeout:
    case FetchOutcome::connect_failed:
    case FetchOutcome::connect_timeout:
    case FetchOutcome::timeout:
    case FetchOutcome::too_slow:
    case FetchOutcome::robots_unreachable: return true;
    case FetchOutcome::http_error: return http_status >= 500 && http_status <= 599;
    default: return false;
  }
}

}  // namespace portavoz
