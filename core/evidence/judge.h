// judge: does this address stand on this page, and as an official contact? Pure: a page in, a finding out.
// sightings.h finds the places in whatever form, context.h weighs them. What may be the address and cannot be
// read for certain (an odd spelling, the source alone, a picture, a script) is "cannot tell", never "absent".
// Errors: none. Threads: safe from any.
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

// The finding of a page that came, and on which the process that judges pages ended: the same.
[[nodiscard]] Finding not_judged(std::string_view how);

}  // namespace portavoz
