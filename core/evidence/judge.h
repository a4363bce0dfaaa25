// judge: does this address stand on this page, and as an official contact? Pure: a page in, a finding out. It
// reads mailto links and plain text; an address in another spelling, or one that only the source holds, is
// "cannot tell", never "absent". Addresses match whole or not at all. It never guesses an address. Errors:
// none. Threads: safe from any.
#pragma once

#include <string_view>

#include "core/evidence/finding.h"
#include "core/evidence/lexicon.h"
#include "core/evidence/page.h"
#include "core/mail/address.h"

namespace portavoz {

[[nodiscard]] Finding judge(const Page& page, const MailAddress& address, std::string_view url,
                            const Lexicon& lexicon = Lexicon::built_in());

// The finding when no page was read: nothing can be said about the address.
[[nodiscard]] Finding not_read(FetchOutcome outcome, std::string_view detail);

}  // namespace portavoz
