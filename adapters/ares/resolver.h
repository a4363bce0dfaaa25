// Resolver: names to addresses through c-ares in a Reactor, with a deadline of our own and nothing but the
// DNS (no /etc/hosts, no search list, no aliases). It does not judge the addresses and keeps no cache. Each
// look-up has a channel of its own while it lasts, and so a fresh source port: harder to spoof. At most
// `max_look_ups` are asked at a time, the rest wait their turn inside their own deadline; so names that never
// answer hold the others up only when there are that many of them at once. Units: milliseconds of the
// reactor. Errors: create gives bad_input or unavailable; a look-up's end is its Resolution. Threads: that of
// the reactor.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/net/fetch.h"
#include "core/net/reactor.h"

namespace portavoz {

class Resolver {
 public:
  // Each holds a descriptor and 75 KiB; half of the process's limit of descriptors is the other bound.
  static constexpr std::size_t max_look_ups = 2000;

  // servers: none means those of /etc/resolv.conf. The reactor must outlive it and its look-ups.
  [[nodiscard]] static Result<Resolver> create(Reactor& reactor, const std::vector<std::string>& servers);

  // An AsyncResolve. The LookUp may outlive the Resolver.
  [[nodiscard]] std::unique_ptr<LookUp> resolve(const std::string& name, Millis deadline,
                                                std::function<void(Resolution)> done) const;

  // The same as a value, which shares what this Resolver holds.
  [[nodiscard]] AsyncResolve function() const;

 private:
  struct Impl;
  class Question;
  explicit Resolver(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace portavoz
