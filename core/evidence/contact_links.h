// Where to look next when an address does not stand on the page that the assembly named: links of the same
// site that look like a page for contacts or an imprint. Errors: none. Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/evidence/lexicon.h"
#include "core/evidence/page.h"

namespace portavoz {

inline constexpr std::size_t most_contact_links = 3;

// At most three, the most promising first: pages for contacts before imprints, and short words before long
// ones. Same site: the same registrable domain; where strangers share one, the same host. Absolute, without
// fragment; never the page itself.
[[nodiscard]] std::vector<std::string> contact_links(const Page& page, std::string_view url,
                                                     const Lexicon& lexicon);

// Whether the link is one that contact_links() could give for the page at `url`, whatever the page says.
[[nodiscard]] bool is_other_page_of_site(std::string_view link, std::string_view url);

}  // namespace portavoz
