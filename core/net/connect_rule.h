// ConnectRule: where the verifier may connect. Ports 80 and 443 of public addresses, and the
// exact IP:port pairs that the operator lists; there is no switch for "private addresses". It judges what was
// resolved, never a name. Every address of a DNS answer must pass, so that no answer can mix a good one with
// ours. Errors: parse_endpoint and read give bad_input. Threads: immutable, safe from any.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/net/ip.h"
#include "core/net/outcome.h"

namespace portavoz {

struct Endpoint {
  IpAddress address;
  std::uint16_t port;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// `192.0.2.1:80` or `[2001:db8::1]:80`.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

// any: the port rule stands aside, so that a test can see the address rule alone. No setting leads here.
enum class Ports : std::uint8_t { web, any };

class ConnectRule {
 public:
  explicit ConnectRule(std::vector<Endpoint> exceptions = {}, Ports ports = Ports::web)
      : exceptions_(std::move(exceptions)), ports_(ports) {}

  // With exceptions as an operator writes them (verifier.allow).
  [[nodiscard]] static Result<ConnectRule> read(const std::vector<std::string>& exceptions);

  // Before any look-up: false when no address at all could make this port right.
  [[nodiscard]] bool port_possible(std::uint16_t port) const;

  // FetchOutcome::ok, blocked_port or blocked_address.
  [[nodiscard]] FetchOutcome judge(const Endpoint& endpoint) const;

 private:
  [[nodiscard]] bool port_open_to_all(std::uint16_t port) const;
  std::vector<Endpoint> exceptions_;
  Ports ports_;
};

}  // namespace portavoz
