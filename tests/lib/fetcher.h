// One page now, for tests that wait for it: a FetchLoop with one page in it, and all its guards. The loop and
// what `resolve` holds must outlive it.
#pragma once

#include <optional>
#include <utility>

#include "adapters/curl/fetch_loop.h"
#include "adapters/os/epoll_reactor.h"
#include "core/net/connect_rule.h"
#include "core/net/fetch.h"

namespace portavoz::test {

class Fetcher {
 public:
  Fetcher(EpollReactor& loop, ConnectRule rule, AsyncResolve resolve, FetcherOptions options)
      : loop_(loop), pages_(loop, std::move(rule), std::move(resolve), std::move(options)) {}

  // Runs the loop, and what else waits in it, until the page is there.
  [[nodiscard]] FetchResult fetch(FetchRequest request) {
    std::optional<FetchResult> result;
    pages_.start(std::move(request), [&](FetchResult fetched) { result = std::move(fetched); });
    loop_.run_until([&] { return result.has_value(); });
    return std::move(*result);
  }

 private:
  EpollReactor& loop_;
  FetchLoop pages_;
};

}  // namespace portavoz::test
