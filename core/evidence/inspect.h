// One look at a page, the same for the verifier and the command line: octets and Content-Type to UTF-8, to a
// Page, to a Finding. The two steps that need a library are declared here and defined by adapters/charset and
// adapters/gumbo. Errors: parse_html gives bad_input for a page past its bounds, which becomes
// FetchOutcome::too_large. Threads: safe from any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/evidence/finding.h"
#include "core/evidence/lexicon.h"
#include "core/evidence/page.h"
#include "core/mail/address.h"
#include "core/net/fetch.h"

namespace portavoz {

// A page's octets as well-formed UTF-8; what cannot be read becomes U+FFFD. Defined by adapters/charset.
[[nodiscard]] std::string to_utf8(std::string_view octets, std::string_view content_type);

// Bounds: 2 MiB, 1,000 elements deep, 1,000 attributes a tag. Page::source is left empty. Defined by
// adapters/gumbo.
[[nodiscard]] Result<Page> parse_html(std::string_view utf8);

// The page of some octets, whatever kind of page it is: HTML, plain text, a vCard.
struct ReadPage {
  FetchOutcome outcome = FetchOutcome::ok;
  std::string detail;  // for a person, when there is no page
  Page page;
};
[[nodiscard]] ReadPage read_page(std::string_view octets, std::string_view content_type);

struct Inspection {
  FetchOutcome outcome = FetchOutcome::ok;
  Finding finding;
  std::vector<std::string> links = {};  // contact_links() of a page on which the address was not found
};

// url: where the page was in the end; its path is a hint, nothing is fetched.
[[nodiscard]] Inspection inspect_page(std::string_view octets, std::string_view content_type,
                                      std::string_view url, const MailAddress& address,
                                      const Lexicon& lexicon = Lexicon::built_in());

[[nodiscard]] Inspection inspect_fetched(const FetchResult& fetched, const MailAddress& address,
                                         const Lexicon& lexicon = Lexicon::built_in());

}  // namespace portavoz
