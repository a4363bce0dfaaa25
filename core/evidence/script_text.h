// What a page's script would put together from pieces of text: a folder of constants, no engine. It joins
// string literals, variables that hold them, String.fromCharCode, unescape, atob, and what split, reverse,
// join, concat and replace make of them, in the order in which they stand. Branches, loops and functions are
// passed over; a value that it does not know becomes U+FFFD, so that nothing is joined across it.
//
// Bounds: scripts of 256 KiB, 20 brackets deep, 20,000 texts, one pass. Errors: none; what it cannot read it
// leaves out. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace portavoz {

struct ScriptText {
  std::string text;
  bool built = false;  // of pieces, or from another coding: not as it stands in the source
  bool shown = false;  // given to what writes into the page, or opens a link
};

inline constexpr std::size_t longest_script = std::size_t{256} << 10U;

[[nodiscard]] std::vector<ScriptText> script_texts(std::string_view script);

}  // namespace portavoz
