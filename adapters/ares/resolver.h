// Resolver: names to addresses through c-ares in a Reactor, with a deadline of our own and nothing but the
// DNS (no /etc/hosts, no search list, no aliases). It does not judge the addresses and keeps no cache. Each
// look-up has a channel of its own while it lasts, and so a fresh source port: harder to spoof. A change of
// /etc/resolv.conf is seen within a minute. At most `max_look_ups` are asked at a time, the rest wait their
// turn inside their own deadline; so names that never answer hold the others up only when there are that many
// of them at once. Units: milliseconds of the reactor. Errors: create gives bad_input or unavailable; a
// look-up's end is its Resolution. Threads: that of the reactor.
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

  // Both share what this Resolver holds; a LookUp may outlive it.
  [[nodiscard]] AsyncResolve function() const;

  // To learn whether a name exists: A alone is asked, so that no_name is the one answer of one server. Of A
  // and AAAA c-ares tells how that one ended which came last, and RFC 4074 §4.2 knows servers that deny a
  // name because it has no AAAA.
  [[nodiscard]] AsyncResolve existence() const;

 private:
  struct Impl;
  class Question;
  struct Line;
  explicit Resolver(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  [[nodiscard]] AsyncResolve of_family(int family) const;
  std::shared_ptr<Impl> impl_;
};

}  // namespace portavoz
