#include "core/evidence/page_lines.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/inspect.h"

namespace portavoz {
namespace {

// Blanks as one blank; none at the ends.
std::string single_spaced(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) out += c;
    if (blank && !out.ends_with(' ')) out += ' ';
  }
  return out;
}

void put_text(const Block& block, std::vector<std::string>& lines) {
  for (const std::string& line : split(block.text, '\n'))
    if (std::string text = single_spaced(line); !text.empty()) lines.push_back(std::move(text));
}

// Those for mail that a reader can follow, by the block that they stand in.
std::vector<const Link*> mail_links(const Page& page) {
  std::vector<const Link*> links;
  for (const Link& link : page.links)
    if (!link.place.hidden && ascii_istarts_with(link.href, "mailto:")) links.push_back(&link);
  std::stable_sort(links.begin(), links.end(),
                   [](const Link* a, const Link* b) { return a->position.block < b->position.block; });
  return links;
}

}  // namespace

std::vector<std::string> page_lines(const Page& page) {
  std::vector<std::string> lines;
  if (std::string title = single_spaced(page.title); !title.empty()) lines.push_back(std::move(title));
  const auto links = mail_links(page);
  auto link = links.begin();
  for (std::size_t i = 0; i <= page.blocks.size(); ++i) {  // one more: links behind the last text
    if (i < page.blocks.size() && !page.blocks[i].place.hidden) put_text(page.blocks[i], lines);
    for (; link != links.end() && (*link)->position.block == i; ++link)
      lines.push_back("<" + single_spaced((*link)->href) + ">");
  }
  return lines;
}

PageLines lines_of_fetched(const FetchResult& fetched) {
  if (fetched.outcome != FetchOutcome::ok) return {fetched.outcome, {}};
  const ReadPage read = read_page(fetched.body, fetched.content_type);
  if (read.outcome != FetchOutcome::ok) return {read.outcome, {}};
  PageLines seen{FetchOutcome::ok, page_lines(read.page)};
  std::size_t octets = 0;
  for (const std::string& line : seen.lines) octets += line.size() + 1;
  if (seen.lines.size() > most_lines || octets > most_line_octets) return {FetchOutcome::too_large, {}};
  return seen;
}

}  // namespace portavoz
