#include "core/evidence/inspect.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/evidence/contact_links.h"
#include "core/evidence/judge.h"

namespace portavoz {
namespace {

Page page_of_text(std::string_view text) {
  Page page;
  for (auto& line : split(text, '\n')) {
    if (!trim(line).empty()) page.blocks.push_back({std::move(line), {}});
  }
  return page;
}

// A vCard (RFC 6350): its EMAIL properties are links, of an organisation when it says that it is one.
Page page_of_card(std::string_view text) {
  Page page;
  std::string unfolded(text);
  std::erase(unfolded, '\r');
  // RFC 6350 §3.2: a line that begins with a blank goes on with the one before.
  for (auto at = unfolded.find("\n "); at != std::string::npos; at = unfolded.find("\n ", at))
    unfolded.erase(at, 2);
  const auto lines = split(unfolded, '\n');
  const bool organisation = std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return ascii_istarts_with(line, "ORG:") || ascii_istarts_with(line, "ORG;") ||
           ascii_iequals(trim(line), "KIND:org");
  });
  for (const std::string& line : lines) {
    const auto colon = std::min(line.find(':'), line.size());
    const std::string_view name = std::string_view(line).substr(0, std::min(line.find(';'), colon));
    const auto value = trim(std::string_view(line).substr(std::min(colon + 1, line.size())));
    if (value.empty()) continue;
    page.blocks.push_back({std::string(value), {}});
    // A group may stand before the name: item1.EMAIL
    if (ascii_iequals(name.substr(name.rfind('.') + 1), "EMAIL"))
      page.links.push_back({"mailto:" + std::string(value),
                            std::string(value),
                            {},
                            {},
                            "email",
                            organisation ? "Organization" : ""});
  }
  return page;
}

}  // namespace

ReadPage read_page(std::string_view octets, std::string_view content_type) {
  const std::string type = media_type(content_type);
  if (!is_page_type(type)) return {FetchOutcome::wrong_type, "Content-Type '" + type + "'", {}};
  std::string text = to_utf8(octets, content_type);
  if (trim(text).empty()) return {FetchOutcome::no_content, {}, {}};
  const bool card = type.ends_with("vcard") || ascii_istarts_with(trim(text), "BEGIN:VCARD");
  auto page = card ? page_of_card(text) : type == "text/plain" ? page_of_text(text) : parse_html(text);
  if (!page) return {FetchOutcome::too_large, page.error().what, {}};
  page->source = std::move(text);
  return {FetchOutcome::ok, {}, std::move(*page)};
}

Inspection inspect_page(std::string_view octets, std::string_view content_type, std::string_view url,
                        const MailAddress& address, const Lexicon& lexicon) {
  const ReadPage read = read_page(octets, content_type);
  if (read.outcome != FetchOutcome::ok) return {read.outcome, not_read(read.outcome, read.detail)};
  Inspection seen{FetchOutcome::ok, judge(read.page, address, url, lexicon)};
  if (seen.finding.published != true) seen.links = contact_links(read.page, url, lexicon);
  return seen;
}

Inspection inspect_fetched(const FetchResult& fetched, const MailAddress& address, const Lexicon& lexicon) {
  if (fetched.outcome != FetchOutcome::ok)
    return {fetched.outcome, not_read(fetched.outcome, fetched.detail)};
  return inspect_page(fetched.body, fetched.content_type, fetched.final_url, address, lexicon);
}

}  // namespace portavoz
