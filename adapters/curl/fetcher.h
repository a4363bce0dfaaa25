// Fetcher: one page now, for those who wait for it: a FetchLoop with one page in it, and all its guards.
// Errors: none; every end is a FetchOutcome. Threads: that of the loop.
#pragma once

#include "adapters/curl/fetch_loop.h"
#include "core/net/connect_rule.h"
#include "core/net/fetch.h"
#include "core/net/reactor.h"

namespace portavoz {

class Fetcher {
 public:
  // The loop and what `resolve` holds must outlive it.
  Fetcher(Loop& loop, ConnectRule rule, AsyncResolve resolve, FetcherOptions options);

  // Runs the loop, and what else waits in it, until the page is there.
  [[nodiscard]] FetchResult fetch(FetchRequest request);

 private:
  Loop& loop_;
  FetchLoop pages_;
};

}  // namespace portavoz
