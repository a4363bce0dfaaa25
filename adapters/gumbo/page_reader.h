// PageReader: walks gumbo's tree, without recursion, and writes the Page of core/evidence/page.h. It knows
// which elements begin a new block, which are not shown, and where on the page we are; it judges nothing.
// Threads: one page at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gumbo.h>

#include "adapters/gumbo/style_rules.h"
#include "core/evidence/page.h"

namespace portavoz::gumbo {

class PageReader {
 public:
  explicit PageReader(std::size_t octets) : octets_(octets) {}  // of the whole page

  [[nodiscard]] Page read(const GumboNode& root) &&;

 private:
  // One element that we are inside of, and what to put back when it ends.
  struct Frame {
    const GumboNode* node;
    std::size_t next_child = 0;
    Place place_before{};
    bool block = false;
    bool own_text = false;  // hidden: its text does not join the text around it
    bool reversed = false;  // a style sheet turns its text around
    bool link = false;
    bool keeps_heading = false;  // a heading inside counts only inside
    bool is_heading = false;
    std::optional<std::string> described_before{};
  };

  void enter(const GumboNode& node);
  void leave(const Frame& frame);
  void text(std::string_view utf8);
  void line_end();
  void flush();
  void open_link(const GumboElement& element);
  void take_attributes(const GumboElement& element);
  void take_field(const GumboElement& element);
  void take_picture(const GumboElement& element);
  void take_meta(const GumboElement& element);
  [[nodiscard]] Position position() const;
  [[nodiscard]] bool reverses(const GumboElement& element) const;
  void enter_unread(const GumboElement& element);
  void take_head(const GumboElement& head);
  void take_style_or_script(const GumboElement& element);
  void push(const GumboNode& node, const GumboElement& element);
  [[nodiscard]] bool is_hidden(const GumboElement& element) const;
  [[nodiscard]] Place place_inside(const GumboElement& element) const;
  [[nodiscard]] bool inside_article() const { return articles_ > 0; }

  std::size_t octets_;
  Page page_;
  StyleRules styles_;
  std::vector<Frame> frames_;
  Place place_;
  std::vector<std::string> texts_{std::string()};  // the open block, and one for each hidden element around
  std::string heading_;
  std::size_t headings_open_ = 0;
  std::size_t articles_ = 0;
  std::string described_;  // the type of the innermost thing that is described here
  bool in_link_ = false;
  bool reversed_ = false;  // inside of text that is turned around
};

}  // namespace portavoz::gumbo
