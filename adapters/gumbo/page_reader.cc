#include "adapters/gumbo/page_reader.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/evidence/decode.h"

namespace portavoz::gumbo {
namespace {

constexpr std::size_t max_heading = 120;
constexpr std::size_t max_link_text = 300;
constexpr std::size_t longest_attribute = 2000;

template <std::size_t N>
bool is_one_of(GumboTag tag, const std::array<GumboTag, N>& tags) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

// Elements that stand on lines of their own, and table cells: their text does not touch that of their
// neighbours.
constexpr std::array blocks{
    GUMBO_TAG_ADDRESS,    GUMBO_TAG_ARTICLE, GUMBO_TAG_ASIDE,  GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_BODY,
    GUMBO_TAG_BUTTON,     GUMBO_TAG_CAPTION, GUMBO_TAG_CENTER, GUMBO_TAG_DD,         GUMBO_TAG_DETAILS,
    GUMBO_TAG_DIR,        GUMBO_TAG_DIV,     GUMBO_TAG_DL,     GUMBO_TAG_DT,         GUMBO_TAG_FIELDSET,
    GUMBO_TAG_FIGCAPTION, GUMBO_TAG_FIGURE,  GUMBO_TAG_FOOTER, GUMBO_TAG_FORM,       GUMBO_TAG_H1,
    GUMBO_TAG_H2,         GUMBO_TAG_H3,      GUMBO_TAG_H4,     GUMBO_TAG_H5,         GUMBO_TAG_H6,
    GUMBO_TAG_HEADER,     GUMBO_TAG_HGROUP,  GUMBO_TAG_HR,     GUMBO_TAG_HTML,       GUMBO_TAG_LEGEND,
    GUMBO_TAG_LI,         GUMBO_TAG_MAIN,    GUMBO_TAG_MENU,   GUMBO_TAG_NAV,        GUMBO_TAG_NOSCRIPT,
    GUMBO_TAG_OL,         GUMBO_TAG_OPTION,  GUMBO_TAG_P,      GUMBO_TAG_PRE,        GUMBO_TAG_SECTION,
    GUMBO_TAG_SELECT,     GUMBO_TAG_SUMMARY, GUMBO_TAG_TABLE,  GUMBO_TAG_TBODY,      GUMBO_TAG_TD,
    GUMBO_TAG_TEXTAREA,   GUMBO_TAG_TFOOT,   GUMBO_TAG_TH,     GUMBO_TAG_THEAD,      GUMBO_TAG_TR,
    GUMBO_TAG_UL};

// Not walked into: no text for a reader, or none at all.
constexpr std::array unread{GUMBO_TAG_HEAD,   GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_TEMPLATE,
                            GUMBO_TAG_IFRAME, GUMBO_TAG_BR,     GUMBO_TAG_IMG,   GUMBO_TAG_INPUT};
constexpr std::array headings{GUMBO_TAG_H1, GUMBO_TAG_H2, GUMBO_TAG_H3,
                              GUMBO_TAG_H4, GUMBO_TAG_H5, GUMBO_TAG_H6};
constexpr std::array struck{GUMBO_TAG_DEL, GUMBO_TAG_S, GUMBO_TAG_STRIKE};
constexpr std::array quoted{GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_PRE, GUMBO_TAG_Q};
// Parts of a page whose headings say nothing about what comes after them.
constexpr std::array parts{GUMBO_TAG_ARTICLE, GUMBO_TAG_ASIDE, GUMBO_TAG_FOOTER, GUMBO_TAG_NAV,
                           GUMBO_TAG_SECTION};
constexpr std::array<std::string_view, 6> footer_names{"foot", "pie",       "colophon",
                                                       "fuss", "fusszeile", "impressum"};
constexpr std::array<std::string_view, 4> header_names{"header", "masthead", "topbar", "kopf"};
constexpr std::array<std::string_view, 5> menu_names{"menu", "navbar", "nav", "navigation", "hauptmenu"};
// Parts of these have a head and a foot of their own, which are not the site's.
constexpr std::array<std::string_view, 10> inner_names{"article", "entry",  "post",  "card",   "modal",
                                                       "comment", "author", "story", "teaser", "widget"};
constexpr std::array<std::string_view, 6> visitor_names{"comment",     "comments",  "comentario",
                                                        "comentarios", "guestbook", "disqus"};

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found ? found->value : std::string_view();
}

bool has_attribute(const GumboElement& element, const char* name) {
  return gumbo_get_attribute(&element.attributes, name) != nullptr;
}

// Words beside which a name only says how the page looks: "has-footer", "no-comments", "header-layout".
constexpr std::array<std::string_view, 16> denying{"has",    "with",     "no",    "without", "is",   "closed",
                                                   "open",   "layout",   "theme", "count",   "link", "button",
                                                   "toggle", "disabled", "hide",  "off"};

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  for (std::size_t start = 0; start < name.size();) {
    std::size_t end = start;
    while (end < name.size() && is_ascii_alpha(name[end])) ++end;
    if (end > start) words.push_back(ascii_lower(name.substr(start, end - start)));
    start = end + 1;
  }
  return words;
}

// Whether one of the words of a class or the id is wanted, and none beside it denies it.
template <typename Wanted>
bool has_name(const GumboElement& element, const Wanted& wanted) {
  // On these they tell what kind of page it is, not what part: "comments-open".
  if (element.tag == GUMBO_TAG_HTML || element.tag == GUMBO_TAG_BODY) return false;
  const auto denies = [](const std::string& word) {
    return std::find(denying.begin(), denying.end(), word) != denying.end();
  };
  for (const char* attr : {"class", "id"}) {
    const std::string_view names = attribute(element, attr);
    if (names.empty()) continue;
    for (const std::string& name : split(names, ' ')) {
      const auto words = words_of(name);
      if (std::any_of(words.begin(), words.end(), wanted) && std::none_of(words.begin(), words.end(), denies))
        return true;
    }
  }
  return false;
}

template <std::size_t N>
bool is_named(const GumboElement& element, const std::array<std::string_view, N>& names) {
  return has_name(element, [&](std::string_view word) {
    return std::find(names.begin(), names.end(), word) != names.end();
  });
}

// <email> and <name> of a feed, each a text of its own. A page's own elements have a hyphen in their names,
// and may stand inside of a word.
bool is_of_xml(const GumboElement& element) {
  if (element.tag != GUMBO_TAG_UNKNOWN) return false;
  const std::string_view tag(element.original_tag.data, element.original_tag.length);
  return tag.substr(0, tag.find_first_of(" \t\r\n/>", 1)).find('-') == std::string_view::npos;
}

// "footer", "footerBottom", "siteFooter", but not "entry-footer".
bool is_named_footer(const GumboElement& element) {
  return has_name(element,
                  [](std::string_view word) {
                    return word.starts_with("footer") || word.ends_with("footer") ||
                           std::find(footer_names.begin(), footer_names.end(), word) != footer_names.end();
                  }) &&
         !is_named(element, inner_names);
}

// Names that a page's framework hides, with a style sheet that we do not fetch.
bool is_hiding_class(std::string_view name) { return name == "hidden" || name == "d-none"; }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// Appends with every run of white space as one blank, as a browser shows it.
void append_collapsed(std::string& out, std::string_view text, std::size_t limit) {
  for (const char c : text) {
    if (out.size() >= limit) return;
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && !is_space(out.back())) {
      out += ' ';
    }
  }
}

// A text that was cut at a limit may end inside a character.
void drop_half_character(std::string& text) {
  while (!text.empty() && !is_utf8(text)) text.pop_back();
}

const GumboVector* children_of(const GumboNode& node) {
  switch (node.type) {
    case GUMBO_NODE_DOCUMENT: return &node.v.document.children;
    case GUMBO_NODE_ELEMENT: return &node.v.element.children;
    default: return nullptr;
  }
}

std::string_view only_text(const GumboElement& element) {
  if (element.children.length == 0) return {};
  const auto* child = static_cast<const GumboNode*>(element.children.data[0]);
  const bool text = child->type == GUMBO_NODE_TEXT || child->type == GUMBO_NODE_CDATA ||
                    child->type == GUMBO_NODE_WHITESPACE;
  return text ? child->v.text.text : std::string_view();
}

// Attributes that hold an address, or pieces of one, for a script of the page.
bool is_kept_attribute(std::string_view name) { return name.starts_with("data-") || name == "rel"; }

// What microdata, RDFa or a microformat calls the element.
std::string property_of(const GumboElement& element) {
  for (const char* name : {"itemprop", "property"})
    if (has_attribute(element, name)) return ascii_lower(attribute(element, name));
  return is_named(element, std::array<std::string_view, 1>{"email"}) ? "email" : "";
}

constexpr std::string_view card = "card";  // of whom is not known yet

// The type of what the element describes: schema.org's Organization, foaf's Person, an h-card.
std::string type_of(const GumboElement& element) {
  for (const char* name : {"itemtype", "typeof"})
    if (has_attribute(element, name)) return std::string(attribute(element, name));
  static constexpr std::array<std::string_view, 2> cards{"vcard", "card"};
  const std::string names = ascii_lower(attribute(element, "class"));
  return is_named(element, cards) &&
                 (names.find("vcard") != std::string::npos || names.find("h-card") != std::string::npos)
             ? std::string(card)
             : "";
}

// The last part of a picture's URL, in lower case.
std::string file_name(std::string_view source) {
  source = source.substr(0, source.find_first_of("?#"));
  return ascii_lower(source.substr(std::min(source.rfind('/') + 1, source.size())));
}

// A picture whose name says that it shows an address, and is no button or icon.
bool pictures_address(std::string_view source) {
  static constexpr std::array<std::string_view, 5> shows{"mail", "correo", "courriel", "adresse", "kontakt"};
  static constexpr std::array<std::string_view, 8> decorates{"icon", "ico",      "btn",   "button",
                                                             "logo", "envelope", "share", "social"};
  if (source.starts_with("data:")) return false;
  const std::string name = file_name(source);
  const auto has = [&](std::string_view word) { return name.find(word) != std::string::npos; };
  return std::any_of(shows.begin(), shows.end(), has) &&
         std::none_of(decorates.begin(), decorates.end(), has) && !name.ends_with(".svg");
}

// A picture of the sign, by its name: at.gif, arroba.png, at-sign.svg
bool pictures_at(std::string_view source) {
  static constexpr std::array<std::string_view, 8> names{"at",         "arroba",      "arobase", "arobas",
                                                         "chiocciola", "klammeraffe", "at-sign", "atsign"};
  const std::string file = file_name(source);
  const std::string_view name = std::string_view(file).substr(0, file.rfind('.'));
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a class or id says of a part that is most of the page says something of the page.
bool is_part(const GumboElement& element, std::size_t page) {
  constexpr std::size_t short_page = 4096;
  const std::size_t size = element.end_pos.offset > element.start_pos.offset
                               ? element.end_pos.offset - element.start_pos.offset
                               : page;  // it was never closed
  return page < short_page || size < page / 2;
}

Region region_of(const GumboElement& element, Region around, bool inside_article, std::size_t page) {
  const std::string role = ascii_lower(attribute(element, "role"));
  const bool part = is_part(element, page);
  const bool footer =
      element.tag == GUMBO_TAG_FOOTER || role == "contentinfo" || (part && is_named_footer(element));
  if (footer) return inside_article ? around : Region::footer;  // an article's own footer is its by-line
  const bool header = element.tag == GUMBO_TAG_HEADER || role == "banner" ||
                      (part && is_named(element, header_names) && !is_named(element, inner_names));
  if (header) return around == Region::body ? Region::header : around;
  const bool menu =
      part && (element.tag == GUMBO_TAG_UL || element.tag == GUMBO_TAG_DIV) && is_named(element, menu_names);
  if (element.tag == GUMBO_TAG_NAV || role == "navigation" || (menu && around == Region::body))
    return Region::navigation;
  if (element.tag == GUMBO_TAG_MAIN || role == "main") return Region::main;
  if (element.tag == GUMBO_TAG_ARTICLE) return Region::article;
  if (element.tag == GUMBO_TAG_ASIDE || role == "complementary") return Region::aside;
  return around;
}

// A heading says nothing across the border of these: what was above belongs to the part before.
bool is_other_part(Region outside, Region inside) {
  return inside != outside &&
         (inside == Region::footer || inside == Region::aside || inside == Region::navigation);
}

}  // namespace

Place PageReader::place_inside(const GumboElement& element) const {
  Place place = place_;
  place.region = region_of(element, place_.region, inside_article(), octets_);
  place.hidden = place.hidden || is_hidden(element);
  place.visitor = place.visitor || (is_part(element, octets_) && is_named(element, visitor_names));
  place.struck = place.struck || is_one_of(element.tag, struck);
  place.quoted = place.quoted || is_one_of(element.tag, quoted);
  place.noscript = place.noscript || element.tag == GUMBO_TAG_NOSCRIPT;
  if (is_other_part(place_.region, place.region)) place.heading = no_heading;
  return place;
}

void PageReader::text(std::string_view utf8) {
  append_collapsed(texts_.back(), utf8, std::string::npos);
  if (headings_open_ > 0) append_collapsed(heading_, utf8, max_heading);
  if (in_link_) append_collapsed(page_.links.back().text, utf8, max_link_text);
}

void PageReader::line_end() {
  std::string& open = texts_.back();
  if (!open.empty()) open += '\n';
}

void PageReader::flush() {
  std::string& open = texts_.back();
  const auto text = trim(open);
  if (!text.empty()) page_.blocks.push_back({std::string(text), place_});
  open.clear();
}

bool PageReader::is_hidden(const GumboElement& element) const {
  if (has_attribute(element, "hidden") || effect_of(attribute(element, "style")).hides) return true;
  if (styles_.hides('#' + std::string(attribute(element, "id")))) return true;
  for (const auto& name : split(attribute(element, "class"), ' ')) {
    if (is_hiding_class(name) || styles_.hides('.' + name)) return true;
  }
  return false;
}

void PageReader::open_link(const GumboElement& element) {
  page_.links.push_back(
      {std::string(attribute(element, "href")), {}, place_, position(), property_of(element), described_});
  if (element.tag == GUMBO_TAG_AREA) page_.links.back().text = attribute(element, "alt");
}

Position PageReader::position() const { return {page_.blocks.size(), texts_.back().size()}; }

bool PageReader::reverses(const GumboElement& element) const {
  if (effect_of(attribute(element, "style")).reverses) return true;
  if (styles_.reverses('#' + std::string(attribute(element, "id")))) return true;
  const auto names = split(attribute(element, "class"), ' ');
  return std::any_of(names.begin(), names.end(),
                     [this](const std::string& name) { return styles_.reverses('.' + name); });
}

// Where pages put what a proxy, a list of plugins, TYPO3, Joomla or their own script makes an address of.
void PageReader::take_attributes(const GumboElement& element) {
  Attributes kept{std::string(gumbo_normalized_tagname(element.tag)), {}, place_, position()};
  if (element.tag == GUMBO_TAG_UNKNOWN) {
    std::string_view name(element.original_tag.data, element.original_tag.length);
    name.remove_prefix(std::min<std::size_t>(1, name.size()));
    kept.element = ascii_lower(name.substr(0, name.find_first_of(" \t\r\n/>")));
  }
  const bool own_element = kept.element == "joomla-hidden-mail";
  for (unsigned i = 0; i < element.attributes.length; ++i) {
    const auto* attr = static_cast<const GumboAttribute*>(element.attributes.data[i]);
    const std::string_view name = attr->name;
    const std::string_view value = attr->value;
    const bool code =
        name.starts_with("on") || (name == "href" && ascii_istarts_with(trim(value), "javascript:"));
    if (code && !value.empty())
      page_.codes.push_back({Code::Kind::handler, std::string(value), place_, position()});
    const bool proxy = name == "href" && value.find("/cdn-cgi/l/email-protection") != std::string_view::npos;
    if ((own_element || is_kept_attribute(name) || proxy) && !value.empty() &&
        value.size() <= longest_attribute)
      kept.values.emplace_back(name, value);
  }
  if (!kept.values.empty()) page_.attributes.push_back(std::move(kept));
}

// What a visitor can read in a form and cannot change is shown to be copied.
void PageReader::take_field(const GumboElement& element) {
  const bool shown = has_attribute(element, "readonly") || has_attribute(element, "disabled");
  const std::string type = ascii_lower(attribute(element, "type"));
  const auto value = trim(attribute(element, "value"));
  if (!shown || type == "hidden" || type == "password" || value.empty() || is_hidden(element)) return;
  page_.blocks.push_back({std::string(value), place_, Origin::field});
}

void PageReader::take_picture(const GumboElement& element) {
  const std::string_view alt = attribute(element, "alt");
  // A picture of a sign stands for the sign; any other one stands beside the text.
  if (alt == "@" || alt == ".") return text(alt);
  if (attribute(element, "class").find("spam-span-image") != std::string_view::npos) return text("@");
  if (trim(alt).empty() || alt == "at") {
    if (pictures_at(attribute(element, "src"))) text("@");
    if (pictures_address(attribute(element, "src")))
      page_.address_picture = file_name(attribute(element, "src"));
    return;
  }
  text(' ' + std::string(alt) + ' ');
}

void PageReader::take_meta(const GumboElement& element) {
  const auto content = attribute(element, "content");
  if (content.empty() || content.size() > longest_attribute) return;
  for (const char* name : {"name", "http-equiv", "property", "itemprop"}) {
    if (!has_attribute(element, name)) continue;
    const bool property = std::string_view(name) == "itemprop" || element.tag != GUMBO_TAG_META;
    page_.metas.push_back({ascii_lower(attribute(element, name)), std::string(content), property, place_});
  }
}

void PageReader::take_style_or_script(const GumboElement& element) {
  if (element.tag == GUMBO_TAG_STYLE) styles_.take(only_text(element));
  if (element.tag != GUMBO_TAG_SCRIPT) return;
  ++page_.scripts;
  const auto said = only_text(element);
  if (trim(said).empty()) return;
  const std::string type = ascii_lower(trim(attribute(element, "type")));
  if (type == "application/ld+json") {
    page_.data.push_back({true, std::string(said), place_});
  } else if (type.find("json") != std::string::npos) {
    page_.data.push_back({false, std::string(said), place_});
  } else if (type.empty() || type == "module" || type.find("script") != std::string::npos) {
    page_.codes.push_back({Code::Kind::script, std::string(said), place_, position()});
  }
}

void PageReader::take_head(const GumboElement& head) {
  for (unsigned i = 0; i < head.children.length; ++i) {
    const auto* child = static_cast<const GumboNode*>(head.children.data[i]);
    if (child->type != GUMBO_NODE_ELEMENT) continue;
    take_style_or_script(child->v.element);
    if (child->v.element.tag == GUMBO_TAG_META) take_meta(child->v.element);
    if (child->v.element.tag != GUMBO_TAG_TITLE) continue;
    append_collapsed(page_.title, only_text(child->v.element), max_link_text);
    page_.title = trim(page_.title);
    drop_half_character(page_.title);
  }
}

void PageReader::enter_unread(const GumboElement& element) {
  if (element.tag == GUMBO_TAG_HEAD) return take_head(element);
  take_style_or_script(element);
  if (element.tag == GUMBO_TAG_BR) return line_end();
  if (element.tag == GUMBO_TAG_IMG) take_picture(element);
  if (element.tag == GUMBO_TAG_INPUT) take_field(element);
}

void PageReader::enter(const GumboNode& node) {
  if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE || node.type == GUMBO_NODE_CDATA) {
    return text(node.v.text.text);
  }
  if (node.type != GUMBO_NODE_ELEMENT) return;
  if (is_one_of(node.v.element.tag, unread)) return enter_unread(node.v.element);
  if (is_named(node.v.element, std::array<std::string_view, 1>{"spancrypt"})) return text("@");
  take_attributes(node.v.element);
  if (has_attribute(node.v.element, "content")) take_meta(node.v.element);
  push(node, node.v.element);
}

void PageReader::push(const GumboNode& node, const GumboElement& element) {
  const Place inside = place_inside(element);
  Frame frame{.node = &node, .place_before = place_};
  frame.own_text = inside.hidden && !place_.hidden;
  frame.block =
      !frame.own_text && (is_one_of(element.tag, blocks) || is_of_xml(element) || !(inside == place_));
  frame.keeps_heading = is_one_of(element.tag, parts);
  frame.is_heading = is_one_of(element.tag, headings);
  frame.reversed = !frame.own_text && !reversed_ && reverses(element);
  if (frame.block) flush();
  if (frame.own_text || frame.reversed) texts_.emplace_back();
  reversed_ = reversed_ || frame.reversed;
  place_ = inside;
  if (auto type = type_of(element); !type.empty())
    frame.described_before = std::exchange(described_, std::move(type));
  // A card with an `org` is that of an organisation.
  if (described_ == card && is_named(element, std::array<std::string_view, 1>{"org"}))
    described_ = "Organization";
  if (element.tag == GUMBO_TAG_ARTICLE) ++articles_;
  if (frame.is_heading && headings_open_++ == 0) heading_.clear();
  const bool linking = element.tag == GUMBO_TAG_A || element.tag == GUMBO_TAG_AREA;
  if (linking && has_attribute(element, "href")) {
    open_link(element);
    frame.link = element.tag == GUMBO_TAG_A && !std::exchange(in_link_, true);
  }
  frames_.push_back(frame);
}

void PageReader::leave(const Frame& frame) {
  const GumboTag tag = frame.node->type == GUMBO_NODE_ELEMENT ? frame.node->v.element.tag : GUMBO_TAG_UNKNOWN;
  if (frame.reversed) {
    // As a reader sees it; blocks that stood inside were written as they are.
    const std::string inside = std::move(texts_.back());
    texts_.pop_back();
    texts_.back() += reversed(inside);
    reversed_ = false;
  }
  if (frame.block || frame.own_text) flush();
  if (frame.own_text) texts_.pop_back();
  if (frame.link) in_link_ = false;
  if (frame.described_before) described_ = *frame.described_before;
  if (tag == GUMBO_TAG_ARTICLE) --articles_;
  std::uint32_t heading = place_.heading;
  if (frame.is_heading && --headings_open_ == 0 && !trim(heading_).empty()) {
    drop_half_character(heading_);
    heading = static_cast<std::uint32_t>(page_.headings.size());
    page_.headings.emplace_back(trim(heading_));
  }
  const bool other_part = frame.keeps_heading || is_other_part(frame.place_before.region, place_.region);
  place_ = frame.place_before;
  if (!other_part) place_.heading = heading;
}

Page PageReader::read(const GumboNode& root) && {
  frames_.push_back({.node = &root, .place_before = place_, .block = true});
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    const GumboVector* children = children_of(*frame.node);
    if (children != nullptr && frame.next_child < children->length) {
      enter(*static_cast<const GumboNode*>(children->data[frame.next_child++]));
      continue;
    }
    const Frame done = frame;
    frames_.pop_back();
    leave(done);
  }
  for (auto& link : page_.links) drop_half_character(link.text);
  return std::move(page_);
}

}  // namespace portavoz::gumbo
