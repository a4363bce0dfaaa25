// What a reader of a page sees, as lines of text, to be compared with what another one saw: the text that is
// shown, in its order, without needless blanks, and where a link for mail leads, because that may change
// behind the same words. A line holds no line end. Errors: none; how reading the page ended is its outcome.
// Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/evidence/page.h"
#include "core/net/fetch.h"

namespace portavoz {

[[nodiscard]] std::vector<std::string> page_lines(const Page& page);

inline constexpr std::size_t most_lines = 100'000;
inline constexpr std::size_t most_line_octets = std::size_t{3} << 20U;  // with an octet between two lines

struct PageLines {
  FetchOutcome outcome = FetchOutcome::ok;  // too_large, too, for more lines or octets than these
  std::vector<std::string> lines;           // none unless it is ok
};
[[nodiscard]] PageLines lines_of_fetched(const FetchResult& fetched);

}  // namespace portavoz
