// prescan: one linear pass over HTML before gumbo sees it, because gumbo needs quadratic time for deep
// nesting and for many attributes (HTML that takes it 20 s fits into some hundred KB). It follows the
// tokeniser of HTML §13.2.5 closely and the tree builder only as far as depth goes; where the two could
// disagree it counts too deep, never too shallow, so a page made to fool it is refused and not parsed.
// Formatting elements that were not closed count too: the parser opens all of them again in every block.
// Errors: bad_input, with the bound that was passed. Threads: safe from any.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/result.h"

namespace portavoz::gumbo {

struct PrescanLimits {
  std::size_t octets = std::size_t{2} << 20U;
  std::size_t depth = 1000;
  std::size_t attributes = 1000;  // of one tag
};

[[nodiscard]] Result<void> prescan(std::string_view html, const PrescanLimits& limits);

}  // namespace portavoz::gumbo
