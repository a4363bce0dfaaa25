#include "core/evidence/page_lines.h"

#include <string_view>
#include <utility>

#include "core/base/text.h"

namespace portavoz {
namespace {

// Blanks as one blank; none at the ends.
std::string single_spaced(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    const bool blank = c == ' ' || c == '\t' || c == '\r';
    if (!blank) out += c;
    if (blank && !out.ends_with(' ')) out += ' ';
  }
  return out;
}

void put_text(const Block& block, std::vector<std::string>& lines) {
  for (const std::string& line : split(block.text, '\n'))
    if (std::string text = single_spaced(line); !text.empty()) lines.push_back(std::move(text));
}

void put_links(const Page& page, std::size_t block, std::vector<std::string>& lines) {
  for (const Link& link : page.links) {
    if (link.position.block == block && !link.place.hidden && ascii_istarts_with(link.href, "mailto:"))
      lines.push_back("<" + single_spaced(link.href) + ">");
  }
}

}  // namespace

std::vector<std::string> page_lines(const Page& page) {
  std::vector<std::string> lines;
  if (!page.title.empty()) lines.push_back(single_spaced(page.title));
  for (std::size_t i = 0; i < page.blocks.size(); ++i) {
    if (!page.blocks[i].place.hidden) put_text(page.blocks[i], lines);
    put_links(page, i, lines);
  }
  put_links(page, page.blocks.size(), lines);  // behind the last text
  return lines;
}

}  // namespace portavoz
