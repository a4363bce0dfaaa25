// What changed between two texts, line by line (E. W. Myers's greedy algorithm): the fewest lines that were
// taken out and put in, with some lines around them. Texts that differ in more lines than it is willing to
// compare count as replaced whole, which is true as well. Time and memory are bounded by that number. Errors:
// none. Threads: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace portavoz {

enum class Change : std::uint8_t { same, removed, added, gap };  // gap: lines that are the same are left out

struct DiffLine {
  Change change = Change::same;
  std::string text;  // empty for a gap

  friend bool operator==(const DiffLine&, const DiffLine&) = default;
};

// context: how many lines around a change are shown. Empty when the texts are the same.
[[nodiscard]] std::vector<DiffLine> text_diff(const std::vector<std::string>& before,
                                              const std::vector<std::string>& after, std::size_t context);

}  // namespace portavoz
