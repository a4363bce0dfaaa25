#include "adapters/curl/fetcher.h"

#include <optional>
#include <utility>

namespace portavoz {

Fetcher::Fetcher(Loop& loop, ConnectRule rule, AsyncResolve resolve, FetcherOptions options)
    : loop_(loop), pages_(loop, std::move(rule), std::move(resolve), std::move(options)) {}

FetchResult Fetcher::fetch(FetchRequest request) {
  std::optional<FetchResult> result;
  pages_.start(std::move(request), [&](FetchResult fetched) { result = std::move(fetched); });
  loop_.run_until([&] { return result.has_value(); });
  return std::move(*result);
}

}  // namespace portavoz
