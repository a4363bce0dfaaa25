// Text on a screen of fixed-width cells: how wide it is, and what of it may reach the screen at all.
//
// Much of what we show was written by strangers (a page's excerpt, a From field). A terminal obeys control
// characters and a reader is misled by direction overrides (Unicode TR36 §2.5), so neither ever reaches the
// screen.
//
// The width rule is our own and short: combining marks and zero-width characters take no cell, the East Asian
// wide and fullwidth blocks and the emoji take two, everything else takes one. It asks neither locale nor
// wcwidth, so a table looks the same on every host. Unit: cells. Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace portavoz {

// The text as it may be shown: line feeds stay, other control characters become a blank, direction overrides
// and malformed UTF-8 become U+FFFD.
[[nodiscard]] std::string screen_text(std::string_view text);

// Cells that one line of well-formed UTF-8 takes. Precondition: text went through screen_text and has no line
// feed.
[[nodiscard]] std::size_t display_width(std::string_view line);

// The text in lines of at most `width` cells, broken at blanks, and inside a word only when the word alone is
// too wide: nothing is cut off, because half an address misleads. A width of zero counts as one; a character
// of two cells gets its line. Never empty.
[[nodiscard]] std::vector<std::string> wrap_text(std::string_view text, std::size_t width);

}  // namespace portavoz
