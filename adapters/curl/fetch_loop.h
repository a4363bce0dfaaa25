// FetchLoop: pages from strangers' servers through libcurl, any number at a time in one Reactor, inside
// bounds of octets and time, and only where the ConnectRule lets it. Names are resolved by the function it is
// given, every address of an answer is judged and pinned; redirects are followed by hand, each judged anew;
// the body of a hop is never read. HTTP/1.1 only; TLS is always verified, from TLS 1.2. No page shares a
// cookie, a cache, a name or a connection with another; no environment, proxy or netrc is read. What two
// pages share is the parsed CA file. How many pages there are at a time, and how many a host, is its owner's
// business; whether an address stands on the page is not its business either. Units: octets, milliseconds.
// Errors: none; every end is a FetchOutcome. Threads: that of the Reactor.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/net/connect_rule.h"
#include "core/net/fetch.h"
#include "core/net/reactor.h"

namespace portavoz {

struct FetcherOptions {
  FetchLimits limits;
  std::string about;  // URL for the User-Agent: who is knocking, and where to complain
  std::string ca_bundle = "/etc/ssl/certs/ca-certificates.crt";
};

class FetchLoop {
 public:
  // The reactor and what `resolve` holds must outlive it.
  FetchLoop(Reactor& reactor, ConnectRule rule, AsyncResolve resolve, FetcherOptions options);
  FetchLoop(const FetchLoop&) = delete;
  FetchLoop& operator=(const FetchLoop&) = delete;
  FetchLoop(FetchLoop&&) = delete;
  FetchLoop& operator=(FetchLoop&&) = delete;
  // Ends every page that is under way, and calls nobody. Not from inside of a `done`.
  ~FetchLoop();

  // `done` is called once, from the loop, never inside of this call; it may start more.
  void start(FetchRequest request, std::function<void(FetchResult)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portavoz
