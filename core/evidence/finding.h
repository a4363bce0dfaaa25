// Finding: what one look at a page says about one address, with the evidence and the reasons. "Cannot tell"
// is an empty optional and a normal answer. It decides nothing: an admin does. Threads: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/evidence/page.h"
#include "core/net/outcome.h"

namespace portavoz {

enum class ReasonCode : std::uint8_t {
  found_link,     // where
  found_text,     // where
  decoded,        // detail: the form, which says how
  contact_place,  // detail: the context that makes it official
  mentioned,      // found, in no place for contacts
  hidden,
  visitors,
  struck,
  quoted,
  third_party,     // detail: the heading
  credit,          // detail: the words beside it
  not_ours,        // detail: the words beside it
  another_house,   // detail: the address of the page's own house
  later_house,     // detail: the address of the house that stands first
  machine_only,    // in data of the page that readers do not see
  person,          // the data beside it describes a person
  site_makers,     // humans.txt, security.txt
  a_place,         // user@host:path, a place on a machine
  former,          // detail: the words beside it
  link_differs,    // detail: the address in the words of the link
  own_domain,      // detail: the site
  other_domain,    // detail: the site
  shared_host,     // detail: the site
  others,          // detail: other addresses that stand there
  absent,          // detail: how much was read
  other_spelling,  // detail: the text
  in_source,
  cloaked,  // detail: how many
  picture,  // detail: its name
  needs_browser,
  behind_link,      // detail: the URL
  link_unread,      // detail: the URL
  rendered,         // by a browser, before it was judged
  rendered_absent,  // by a browser, in vain
  unchanged,
  robots_overridden,
  not_judged,  // detail: how the process that judged the page ended
  not_read,    // detail: what the fetcher saw; may be empty
};

// Where on the page, for people.
struct Where {
  Place place;
  std::string heading;  // the one above; empty without one
};

struct Reason {
  ReasonCode code;
  std::string detail;
  FetchOutcome outcome = FetchOutcome::ok;  // with not_read
  std::optional<Where> where;
};

enum class ReasonLanguage : std::uint8_t { english, spanish };

// One sentence or two that an admin can act on.
[[nodiscard]] std::string reason_text(const Reason& reason, ReasonLanguage language);

// Whether a form of evidence had to be undone to be read.
[[nodiscard]] bool was_decoded(std::string_view form);

[[nodiscard]] std::string where_text(const Where& where, ReasonLanguage language);

struct Evidence {
  std::string form;   // as Sighting::form
  std::string where;  // on the page, in English words
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
