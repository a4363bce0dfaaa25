// StyleRules: which classes and ids a page's own style sheets do not show, and whose text they turn around.
// It reads only rules of the form `.name` or `#name` with `display:none`, `visibility:hidden` or
// `unicode-bidi:bidi-override`: enough for decoys inside an address, and for addresses written from right to
// left. Everything else of CSS, external sheets too, is unknown to it. Threads: one page at a time.
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
  [[nodiscard]] bool reverses(const std::string& name) const { return reversed_.contains(name); }

 private:
  void take_rule(std::string_view selectors, std::string_view declarations);
  std::set<std::string> hidden_;
  std::set<std::string> reversed_;
};

}  // namespace portavoz::gumbo
