#include "adapters/gumbo/style_rules.h"

#include <algorithm>

#include "core/base/text.h"

namespace portavoz::gumbo {
namespace {

constexpr auto npos = std::string_view::npos;

// Behind the block that opens at `brace`, nested blocks included.
std::size_t behind_block(std::string_view css, std::size_t brace) {
  std::size_t depth = 0;
  for (std::size_t at = brace; at != npos; at = css.find_first_of("{}", at + 1)) {
    if (css[at] == '{') ++depth;
    if (css[at] == '}' && --depth == 0) return at + 1;
  }
  return css.size();
}

bool is_simple_name(std::string_view selector) {
  return selector.size() > 1 && (selector[0] == '.' || selector[0] == '#') &&
         std::all_of(selector.begin() + 1, selector.end(),
                     [](char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '_'; });
}

// Placed outside of the page, as honeypots are: position:absolute;left:-9999px
bool is_far_away(std::string_view tight) {
  if (tight.find("position:absolute") == npos && tight.find("position:fixed") == npos) return false;
  for (const std::string_view side : {"left:-", "top:-", "right:-"}) {
    const auto at = tight.find(side);
    if (at == npos) continue;
    const std::string_view distance = tight.substr(at + side.size());
    const std::size_t digits = std::min(distance.find_first_not_of("0123456789"), distance.size());
    if (digits >= 4 || (digits == 3 && distance.substr(digits).starts_with("em"))) return true;
  }
  return false;
}

}  // namespace

StyleEffect effect_of(std::string_view declarations) {
  std::string tight = ascii_lower(declarations);
  std::erase_if(tight, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  const bool hides =
      tight.find("display:none") != npos || tight.find("visibility:hidden") != npos || is_far_away(tight);
  return {hides, tight.find("bidi-override") != npos};
}

void StyleRules::take(std::string_view css) {
  for (std::size_t at = 0; at < css.size();) {
    const auto brace = css.find('{', at);
    if (brace == npos) return;
    const std::size_t end = behind_block(css, brace);
    const auto selectors = trim(css.substr(at, brace - at));
    // @media and its like hold for some readers only: what they hide is not hidden.
    if (!selectors.starts_with('@')) take_rule(selectors, css.substr(brace + 1, end - brace - 1));
    at = end;
  }
}

void StyleRules::take_rule(std::string_view selectors, std::string_view declarations) {
  const StyleEffect effect = effect_of(declarations);
  if (!effect.hides && !effect.reverses) return;
  for (const auto& selector : split(selectors, ',')) {
    const auto name = trim(selector);
    if (effect.hides && is_simple_name(name)) hidden_.emplace(name);
    // `span.name` counts for turning text around: that a class of this name does so elsewhere is no accident.
    const auto last = name.substr(std::min(name.find_last_of(".#"), name.size()));
    if (effect.reverses && is_simple_name(last)) reversed_.emplace(last);
  }
}

}  // namespace portavoz::gumbo
