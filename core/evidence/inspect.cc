#include "core/evidence/inspect.h"

#include "core/base/text.h"
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

}  // namespace

Inspection inspect_page(std::string_view octets, std::string_view content_type, std::string_view url,
                        const MailAddress& address) {
  const std::string type = media_type(content_type);
  if (!is_page_type(type)) {
    return {FetchOutcome::wrong_type, not_read(FetchOutcome::wrong_type, "Content-Type '" + type + "'")};
  }
  std::string text = to_utf8(octets, content_type);
  if (trim(text).empty()) return {FetchOutcome::no_content, not_read(FetchOutcome::no_content, "")};
  auto page = type == "text/plain" ? page_of_text(text) : parse_html(text);
  if (!page) return {FetchOutcome::too_large, not_read(FetchOutcome::too_large, page.error().what)};
  page->source = std::move(text);
  return {FetchOutcome::ok, judge(*page, address, url)};
}

Inspection inspect_fetched(const FetchResult& fetched, const MailAddress& address) {
  if (fetched.outcome != FetchOutcome::ok)
    return {fetched.outcome, not_read(fetched.outcome, fetched.detail)};
  return inspect_page(fetched.body, fetched.content_type, fetched.final_url, address);
}

}  // namespace portavoz
