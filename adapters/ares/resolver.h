// Resolver: names to addresses through c-ares, with a deadline of our own and nothing but the DNS (no
// /etc/hosts, no search list, no aliases). It does not judge the addresses and keeps no cache. Each look-up
// has a channel, and so a source port, of its own: harder to spoof. Units: milliseconds of the clock it was
// given. Errors: create gives bad_input or unavailable; a look-up's end is its Resolution. Threads: one
// look-up at a time each; several threads may use one Resolver.
#pragma once

#include <string>
#include <vector>

#include "core/net/connect_rule.h"
#include "core/net/fetch.h"

namespace portavoz {

class Resolver {
 public:
  // servers: none means those of /etc/resolv.conf.
  [[nodiscard]] static Result<Resolver> create(const std::vector<std::string>& servers, MonotonicClock clock);

  // A and AAAA together. `name` is an A-label name.
  [[nodiscard]] Resolution resolve(const std::string& name, Millis deadline) const;

 private:
  Resolver(std::string servers, MonotonicClock clock) : servers_(std::move(servers)), clock_(clock) {}
  std::string servers_;  // as c-ares wants them, with commas
  MonotonicClock clock_;
};

}  // namespace portavoz
