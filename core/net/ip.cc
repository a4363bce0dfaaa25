#include "core/net/ip.h"

#include <algorithm>

#include <arpa/inet.h>  // inet_pton and inet_ntop: text to octets and back, no I/O

#include "core/base/text.h"

namespace portavoz {
namespace {

struct Range {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
};

constexpr std::array special_v4{
    Range{{0}, 8},                  // "this network"; 0.0.0.0 connects to ourselves
    Range{{10}, 8},                 // private use
    Range{{100, 64}, 10},           // shared address space; a cloud's metadata at 100.100.100.200
    Range{{127}, 8},                // loopback
    Range{{168, 63, 129, 16}, 32},  // a cloud's host agent: outside the registry, yet no web site
    Range{{169, 254}, 16},          // link-local; metadata at 169.254.169.254
    Range{{172, 16}, 12},           // private use
    Range{{192, 0, 0}, 24},         // IETF protocol assignments
    Range{{192, 0, 2}, 24},         // documentation
    Range{{192, 31, 196}, 24},      // AS112
    Range{{192, 52, 193}, 24},      // AMT
    Range{{192, 88, 99}, 24},       // former 6to4 relay
    Range{{192, 168}, 16},          // private use
    Range{{192, 175, 48}, 24},      // AS112
    Range{{198, 18}, 15},           // benchmarking
    Range{{198, 51, 100}, 24},      // documentation
    Range{{203, 0, 113}, 24},       // documentation
    Range{{224}, 4},                // multicast
    Range{{240}, 4},                // reserved, and limited broadcast
};

constexpr Range global_v6{{0x20}, 3};

constexpr std::array special_v6{
    Range{{0x20, 0x01}, 23},                    // IETF protocol assignments, with Teredo and ORCHID
    Range{{0x20, 0x01, 0x0d, 0xb8}, 32},        // documentation
    Range{{0x20, 0x02}, 16},                    // 6to4: carries an IPv4 address
    Range{{0x26, 0x20, 0x00, 0x4f, 0x80}, 48},  // AS112
    Range{{0x3f, 0xff}, 20},                    // documentation
};

bool inside(const std::array<std::uint8_t, 16>& octets, const Range& range) {
  const std::size_t whole = range.bits / 8;
  if (!std::equal(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(whole),
                  range.prefix.begin())) {
    return false;
  }
  const unsigned rest = range.bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest);
  return (octets[whole] & mask) == (range.prefix[whole] & mask);
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  IpAddress address;
  if (copy.find('\0') == std::string::npos) {
    if (inet_pton(AF_INET, copy.c_str(), address.octets_.data()) == 1) return address;
    address.v6_ = true;
    if (inet_pton(AF_INET6, copy.c_str(), address.octets_.data()) == 1) return address;
  }
  return Error{ErrorKind::bad_input,
               "'" + printable_ascii(text) + "' is no IP address; write it like 192.0.2.1 or 2001:db8::1"};
}

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress address;
  for (unsigned i = 0; i < 4; ++i) address.octets_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return address;
}

IpAddress IpAddress::v6(std::span<const std::uint8_t, 16> octets) {
  IpAddress address;
  address.v6_ = true;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v6_ ? AF_INET6 : AF_INET, octets_.data(), buffer.data(), buffer.size());
  return buffer.data();
}

bool IpAddress::is_public() const {
  const auto holds_us = [this](const Range& range) { return inside(octets_, range); };
  if (!v6_) return std::none_of(special_v4.begin(), special_v4.end(), holds_us);
  return inside(octets_, global_v6) && std::none_of(special_v6.begin(), special_v6.end(), holds_us);
}

}  // namespace portavoz
