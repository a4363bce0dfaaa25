// gzip (RFC 1952) of octets that are all there: pure, and with one answer. Defined by adapters/zlib. Threads:
// any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace portavoz {

// One member that names neither a file nor a time: the same octets give the same member.
[[nodiscard]] std::string gzip(std::string_view octets);

struct GzipMember {
  std::string octets;      // what it holds
  std::size_t length = 0;  // of the member itself; another one may follow
};
// The first member; nothing when it is broken, cut, or holds more than max.
[[nodiscard]] std::optional<GzipMember> first_gzip_member(std::string_view octets, std::size_t max);

}  // namespace portavoz
