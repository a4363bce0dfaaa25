// IpAddress: one IPv4 or IPv6 address as a value, and the question that protects our network: is it public?
// It decides nothing about ports and knows no exceptions (core/net/connect_rule.h does). An IPv4-mapped IPv6
// address is an IPv6 address here, and never public. Errors: bad_input. Threads: a plain value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace portavoz {

class IpAddress {
 public:
  // Dotted decimal with four parts (RFC 3986 §3.2.2 IPv4address) or IPv6 text (RFC 4291 §2.2) without
  // brackets and without a zone.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);
  [[nodiscard]] static IpAddress v4(std::uint32_t host_order);
  [[nodiscard]] static IpAddress v6(std::span<const std::uint8_t, 16> octets);

  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] std::string text() const;                       // without brackets
  [[nodiscard]] std::span<const std::uint8_t> octets() const {  // 4 or 16, in network order
    return std::span(octets_).first(v6_ ? 16 : 4);
  }

  // True when a stranger may send us there: globally reachable unicast and nothing else. IPv4 is public
  // unless the IANA special-purpose registry (RFC 6890) names it, whatever that registry says about
  // reachability. IPv6 is public only inside 2000::/3, less the ranges that carry other addresses or none.
  [[nodiscard]] bool is_public() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  IpAddress() = default;
  bool v6_ = false;
  std::array<std::uint8_t, 16> octets_{};  // network order; IPv4 uses the first four
};

}  // namespace portavoz
