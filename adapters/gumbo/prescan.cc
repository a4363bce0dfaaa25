#include "adapters/gumbo/prescan.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/text.h"

namespace portavoz::gumbo {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view blanks = " \t\r\n\f";

// What depth needs to know about an element, by its name.
struct Kind {
  bool nests = true;        // false: void, or closed by the next one of its kind or by the end of its parent
  bool formatting = false;  // opened again by the parser in the next block until its end tag comes
  bool scope_end = false;   // an end tag from inside does not reach past it (HTML §13.2.4.2)
  bool special = false;     // the end tag of an ordinary element stops at it
  bool raw = false;         // holds text up to its end tag, except in a drawing
  bool drawing = false;     // part of a drawing that may close itself; no HTML element
  bool foreign = false;     // svg and math
};

using Names = std::string_view;  // separated by blanks
constexpr Names not_nesting =
    "area base basefont bgsound body br col dd dt embed frame head hr html img input keygen li link meta "
    "option p param "
    "source tbody td tfoot th thead tr track wbr";
constexpr Names formatting = "a b big code em font i nobr s small strike strong tt u";
constexpr Names scope_ends =
    "applet caption marquee object table template mi mo mn ms mtext desc title foreignobject annotation-xml";
constexpr Names special =
    "address applet article aside blockquote button caption center colgroup details dir div dl fieldset "
    "figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup iframe listing main marquee menu nav noembed "
    "noframes noscript "
    "object ol plaintext pre script section select style summary table template textarea title ul xmp svg "
    "math";
constexpr Names raw_text = "title textarea style xmp iframe noembed noframes script";
constexpr Names drawing =
    "path circle rect line polyline polygon ellipse use stop g defs symbol mask pattern clippath filter "
    "lineargradient "
    "radialgradient text tspan animate";

bool holds(Names names, std::string_view name) {
  for (auto at = names.find(name); at != npos; at = names.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || names[at - 1] == ' ') && (end == names.size() || names[end] == ' ')) return true;
  }
  return false;
}

Kind kind_of(std::string_view name) {
  return {!holds(not_nesting, name),      holds(formatting, name), holds(scope_ends, name),
          holds(special, name),           holds(raw_text, name),   holds(drawing, name),
          name == "svg" || name == "math"};
}

// One name that the page uses. Kept once, so that comparing is comparing pointers.
struct Element {
  Kind kind;
  std::size_t open_formats = 0;
};

struct Tag {
  std::string name;  // in lower case
  Element* element = nullptr;
  bool end = false;
  bool self_closing = false;
};

class Scanner {
 public:
  Scanner(std::string_view html, const PrescanLimits& limits) : html_(html), limits_(limits) {}

  // Empty when the page is within the bounds, else which one it passes.
  std::string_view run() {
    for (;;) {
      at_ = html_.find('<', at_);
      if (at_ == npos || at_ + 1 >= html_.size()) return {};
      const char next = html_[at_ + 1];
      const bool end_tag = next == '/' && at_ + 2 < html_.size() && is_ascii_alpha(html_[at_ + 2]);
      if (next == '!') {
        skip_declaration();
      } else if (is_ascii_alpha(next) || end_tag) {
        if (const auto problem = take_tag(); !problem.empty()) return problem;
      } else if (next == '/' || next == '?') {
        skip_past(">", at_ + 2);  // a bogus comment, or nothing
      } else {
        ++at_;
      }
    }
  }

 private:
  void skip_past(std::string_view mark, std::size_t from) {
    const auto found = html_.find(mark, from);
    at_ = found == npos ? html_.size() : found + mark.size();
  }

  void skip_declaration() {
    const std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!-->")) {
      at_ += 5;
    } else if (rest.starts_with("<!--->")) {
      at_ += 6;
    } else if (rest.starts_with("<!--")) {
      skip_comment(at_ + 4);
    } else if (foreign_ > 0 && rest.starts_with("<![CDATA[")) {
      if (!in_doubt(at_))
        doubt_end_ = std::min(html_.find("]]>", at_), html_.size());  // text here, a comment elsewhere
      skip_past(">", at_ + 9);
    } else {
      skip_past(">", at_ + 2);
    }
  }

  void skip_comment(std::size_t from) {
    for (at_ = html_.find("--", from); at_ != npos; at_ = html_.find("--", at_ + 1)) {
      const std::string_view rest = html_.substr(at_ + 2, 2);
      if (!rest.starts_with('>') && rest != "!>") continue;
      at_ += rest.starts_with('>') ? 3U : 4U;
      return;
    }
    at_ = html_.size();
  }

  // Reads one tag and acts on it. An unfinished tag at the end of the page is dropped, as parsers do.
  std::string_view take_tag() {
    Tag tag;
    std::size_t at = at_ + 1;
    tag.end = html_[at] == '/';
    if (tag.end) ++at;
    const auto name_end = std::min(html_.find_first_of(" \t\r\n\f/>", at), html_.size());
    tag.name = ascii_lower(html_.substr(at, std::min<std::size_t>(name_end - at, 64)));
    std::size_t attributes = 0;
    at = skip_attributes(name_end, tag, attributes);
    if (attributes > limits_.attributes) return "has a tag with more than 1,000 attributes";
    const std::size_t tag_start = at_;
    at_ = at;
    tag.element = &named(tag.name);
    if (tag.end) {
      close(tag, tag_start);
    } else {
      open(tag, tag_start);
    }
    return stack_.size() + open_formats_ > limits_.depth ? "is nested deeper than 1,000 elements"
                                                         : std::string_view();
  }

  Element& named(const std::string& name) {
    const auto found = elements_.find(name);
    return found != elements_.end() ? found->second
                                    : elements_.emplace(name, Element{kind_of(name)}).first->second;
  }

  // From behind the name to behind the '>' (HTML §13.2.5.32 to .40).
  std::size_t skip_attributes(std::size_t at, Tag& tag, std::size_t& count) const {
    while (at < html_.size()) {
      at = html_.find_first_not_of(blanks, at);
      if (at == npos) break;
      if (html_[at] == '>') return at + 1;
      if (html_[at] == '/') {
        ++at;
        tag.self_closing = at < html_.size() && html_[at] == '>';
        continue;
      }
      ++count;
      at = skip_value(html_.find_first_of(" \t\r\n\f/>=", at + 1));
    }
    return html_.size();
  }

  // at: behind an attribute's name.
  std::size_t skip_value(std::size_t at) const {
    at = at == npos ? npos : html_.find_first_not_of(blanks, at);
    if (at == npos) return html_.size();
    if (html_[at] != '=') return at;
    at = html_.find_first_not_of(blanks, at + 1);
    if (at == npos) return html_.size();
    const char quote = html_[at];
    if (quote == '"' || quote == '\'') {
      const auto close = html_.find(quote, at + 1);
      return close == npos ? html_.size() : close + 1;
    }
    return std::min(html_.find_first_of(" \t\r\n\f>", at), html_.size());
  }

  // In doubt whether this is text or markup, start tags count and end tags do not.
  [[nodiscard]] bool in_doubt(std::size_t at) const { return at < doubt_end_ || raw_ != nullptr; }

  void open(const Tag& tag, std::size_t tag_start) {
    const Kind& kind = tag.element->kind;
    if (kind.foreign && tag.self_closing) return;
    if (kind.drawing && in_drawing_ && tag.self_closing) return;
    if (!kind.drawing) in_drawing_ = tag.name == "svg";
    if (kind.formatting) {
      if (tag.name == "a" && tag.element->open_formats > 0) return;  // a second <a> closes the first
      ++tag.element->open_formats;
      ++open_formats_;
    } else if (kind.nests) {
      push(*tag.element);
      if (kind.raw && !in_doubt(tag_start)) open_raw(tag);
    }
  }

  void open_raw(const Tag& tag) {
    if (tag.name != "script") {
      raw_ = tag.element;
      return;
    }
    const std::size_t behind = at_;
    skip_script();
    if (foreign_ == 0) return;
    doubt_end_ = at_;  // in a drawing it may be markup: look at it, but trust no end tag
    at_ = behind;
  }

  void push(Element& element) {
    stack_.push_back(&element);
    if (element.kind.foreign) ++foreign_;
  }

  void pop_to(std::size_t size) {
    while (stack_.size() > size) {
      if (stack_.back()->kind.foreign) --foreign_;
      stack_.pop_back();
    }
  }

  void close(const Tag& tag, std::size_t tag_start) {
    const Kind& kind = tag.element->kind;
    if (!kind.drawing) in_drawing_ = false;
    if (tag_start >= doubt_end_ && tag.element == raw_) raw_ = nullptr;
    if (in_doubt(tag_start)) return;
    if (kind.formatting) {
      const std::size_t closed = std::min<std::size_t>(tag.element->open_formats, 1);
      tag.element->open_formats -= closed;
      open_formats_ -= closed;
      return;
    }
    for (std::size_t i = stack_.size(); i > 0; --i) {
      const Element* open = stack_[i - 1];
      if (open == tag.element) return pop_to(i - 1);
      if (open->kind.scope_end && tag.name != "table" && tag.name != "template") return;
      if (!kind.special && open->kind.special) return;
    }
  }

  // Script data with its escaped states (HTML §13.2.5.15 to .31): inside `<!-- <script>` a `</script>` ends
  // nothing.
  void skip_script() {
    const std::string_view all = html_;
    bool escaped = false;
    bool twice = false;
    while (at_ < all.size()) {
      at_ = std::min(all.find_first_of("<-", at_), all.size());
      const std::string_view rest = all.substr(at_, 9);
      if (rest.starts_with("<!--")) {
        escaped = true;
        at_ += 2;  // the two hyphens may be those of an "-->" already
      } else if (rest.starts_with("-->")) {
        escaped = twice = false;
        at_ += 3;
      } else if (escaped && !twice && ends_name(rest, "<script")) {
        twice = true;
        at_ += 7;
      } else if (ends_name(rest, "</script")) {
        if (!twice) return;
        twice = false;
        at_ += 8;
      } else {
        ++at_;
      }
    }
  }

  static bool ends_name(std::string_view rest, std::string_view name) {
    return ascii_istarts_with(rest, name) && rest.size() > name.size() &&
           std::string_view(" \t\r\n\f/>").find(rest[name.size()]) != npos;
  }

  std::string_view html_;
  const PrescanLimits& limits_;
  std::size_t at_ = 0;
  std::map<std::string, Element, std::less<>> elements_;
  std::vector<Element*> stack_;
  std::size_t open_formats_ = 0;
  std::size_t foreign_ = 0;
  bool in_drawing_ = false;       // since <svg> came nothing but parts of a drawing
  std::size_t doubt_end_ = 0;     // up to here it may be text or markup
  const Element* raw_ = nullptr;  // and until the end tag of this element
};

}  // namespace

Result<void> prescan(std::string_view html, const PrescanLimits& limits) {
  std::string_view problem;
  if (html.size() > limits.octets) {
    problem = "has more than 2 MiB";
  } else {
    problem = Scanner(html, limits).run();
  }
  if (problem.empty()) return {};
  return Error{ErrorKind::bad_input, "the page " + std::string(problem)};
}

}  // namespace portavoz::gumbo
