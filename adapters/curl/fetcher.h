// Fetcher: one page from a stranger's server through libcurl, inside bounds of octets and time, and only
// where the ConnectRule lets it. Names are resolved by the function it is given, every address
// is judged and pinned; redirects are followed by hand, each judged anew; the body of a hop is never read.
// HTTP/1.1 only; TLS is always verified, from TLS 1.2. It keeps no cookie, no cache, no connection, and reads
// no environment, proxy or netrc. Whether an address stands on the page is not its business. Errors: none;
// every end is an FetchOutcome. Threads: one fetch at a time each Fetcher.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/net/connect_rule.h"
#include "core/net/fetch.h"

namespace portavoz {

struct FetcherOptions {
  FetchLimits limits;
  std::string about;  // URL for the User-Agent: who is knocking, and where to complain
  std::string ca_bundle = "/etc/ssl/certs/ca-certificates.crt";
};

class Fetcher {
 public:
  Fetcher(ConnectRule rule, Resolve resolve, MonotonicClock clock, FetcherOptions options);
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;
  Fetcher(Fetcher&&) noexcept;
  Fetcher& operator=(Fetcher&&) noexcept;
  ~Fetcher();

  [[nodiscard]] FetchResult fetch(std::string_view url);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portavoz
