// Finding: what one look at a page says about one address, with the evidence and the reasons. "Cannot tell"
// is an empty optional and a normal answer. It decides nothing: an admin does. Threads: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/outcome.h"

namespace portavoz {

enum class ReasonCode : std::uint8_t {
  found_link,     // detail: where
  found_text,     // detail: where
  contact_place,  // detail: the context that makes it official
  mentioned,      // found, in no place for contacts
  hidden,
  visitors,
  struck,
  quoted,
  third_party,     // detail: the heading
  former,          // detail: the words beside it
  absent,          // detail: how much was read
  other_spelling,  // detail: the text
  in_source,
  cloaked,  // detail: how many
  needs_browser,
  behind_link,  // detail: the URL
  unchanged,
  robots_overridden,
  not_read,  // detail: what the fetcher saw; may be empty
};

struct Reason {
  ReasonCode code;
  std::string detail;
  FetchOutcome outcome = FetchOutcome::ok;  // with not_read
};

enum class ReasonLanguage : std::uint8_t { english, spanish };

// One sentence or two that an admin can act on.
[[nodiscard]] std::string reason_text(const Reason& reason, ReasonLanguage language);

struct Evidence {
  std::string form;   // mailto, mailto_pct, mailto_query or plain
  std::string where;  // on the page, in words
  std::string text;   // as it stands there
};

struct Finding {
  std::optional<bool> published;  // it stands on the page for readers
  std::optional<bool> official;   // and there as an official contact
  std::string form = "none";      // of the best place
  std::string context = "none";   // contact_page, contact_block, imprint, footer, header, article_body, …
  std::string excerpt;            // the text around
  std::vector<Evidence> evidence;
  std::vector<Reason> reasons;
};

}  // namespace portavoz
