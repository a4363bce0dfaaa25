// StyleRules: which classes and ids a page's own style sheets do not show, and whether text is turned around
// by them. It reads only rules of the form `.name` or `#name` with `display:none` or `visibility:hidden`:
// enough for decoys inside an address. Everything else of CSS, external sheets too, is unknown to it.
// Threads: one page at a time.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace portavoz::gumbo {

// What a declaration block (of a rule, or of a style attribute) does to its text.
struct StyleEffect {
  bool hides = false;
  bool reverses = false;
};
[[nodiscard]] StyleEffect effect_of(std::string_view declarations);

class StyleRules {
 public:
  void take(std::string_view css);

  // name: `.class` or `#id`
  [[nodiscard]] bool hides(const std::string& name) const { return hidden_.contains(name); }
  [[nodiscard]] bool reverses_text() const { return reverses_; }

 private:
  void take_rule(std::string_view selectors, std::string_view declarations);
  std::set<std::string> hidden_;
  bool reverses_ = false;
};

}  // namespace portavoz::gumbo
