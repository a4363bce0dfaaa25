#include "core/evidence/text_diff.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace portavoz {
namespace {

using Lines = std::vector<std::string>;

constexpr std::ptrdiff_t most_changes = 1000;

// The furthest place in `before` on each diagonal k = place in before - place in after, after so many
// changes.
struct Reach {
  explicit Reach(std::ptrdiff_t most) : most_(most), places_(static_cast<std::size_t>(2 * most + 3), 0) {}
  std::ptrdiff_t& at(std::ptrdiff_t k) { return places_[static_cast<std::size_t>(k + most_ + 1)]; }

 private:
  std::ptrdiff_t most_;
  std::vector<std::ptrdiff_t> places_;
};

const std::string& line(const Lines& lines, std::ptrdiff_t place) {
  return lines[static_cast<std::size_t>(place)];
}

// How diagonal k is come to with this many changes, from the reach of one change less.
struct Came {
  bool by_adding = false;
  std::ptrdiff_t place = 0;  // right after the change
};
Came step(Reach& before, std::ptrdiff_t k, std::ptrdiff_t changes) {
  const bool adding = k == -changes || (k != changes && before.at(k - 1) < before.at(k + 1));
  return {adding, adding ? before.at(k + 1) : before.at(k - 1) + 1};
}

// One Reach for each number of changes that does not get to the end; nothing past most_changes.
std::optional<std::vector<Reach>> search(const Lines& before, const Lines& after) {
  const auto n = std::ssize(before);
  const auto m = std::ssize(after);
  std::vector<Reach> ways;
  for (std::ptrdiff_t changes = 0; changes <= std::min(most_changes, n + m); ++changes) {
    Reach next(changes);
    for (std::ptrdiff_t k = -changes; k <= changes; k += 2) {
      std::ptrdiff_t x = changes == 0 ? 0 : step(ways.back(), k, changes).place;
      while (x < n && x - k < m && line(before, x) == line(after, x - k)) ++x;
      next.at(k) = x;
      if (x >= n && x - k >= m) return ways;
    }
    ways.push_back(std::move(next));
  }
  return std::nullopt;
}

std::vector<DiffLine> all_lines(const Lines& before, const Lines& after) {
  std::vector<DiffLine> out;
  auto ways = search(before, after);
  if (!ways) {
    for (const auto& text : before) out.push_back({Change::removed, text});
    for (const auto& text : after) out.push_back({Change::added, text});
    return out;
  }
  std::ptrdiff_t x = std::ssize(before);
  std::ptrdiff_t y = std::ssize(after);
  for (; !ways->empty(); ways->pop_back()) {
    const Came came = step(ways->back(), x - y, std::ssize(*ways));
    for (; x > came.place; --x, --y) out.push_back({Change::same, line(before, x - 1)});
    out.push_back(came.by_adding ? DiffLine{Change::added, line(after, --y)}
                                 : DiffLine{Change::removed, line(before, --x)});
  }
  for (; x > 0; --x) out.push_back({Change::same, line(before, x - 1)});
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

std::vector<DiffLine> text_diff(const Lines& before, const Lines& after, std::size_t context) {
  const std::vector<DiffLine> all = all_lines(before, after);
  std::vector<bool> shown(all.size(), false);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].change == Change::same) continue;
    const std::size_t end = std::min(all.size(), i + context + 1);
    for (std::size_t j = i - std::min(i, context); j < end; ++j) shown[j] = true;
  }
  std::vector<DiffLine> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (shown[i]) {
      out.push_back(all[i]);
    } else if (out.empty() || out.back().change != Change::gap) {
      out.push_back({Change::gap, {}});
    }
  }
  if (std::all_of(out.begin(), out.end(), [](const DiffLine& each) { return each.change == Change::gap; }))
    out.clear();
  return out;
}

}  // namespace portavoz
