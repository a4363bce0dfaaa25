// The address of the house: one that a page shows to its readers and that is the site's own by its names
// (house.h). It keeps a stranger's address on the same page from being taken for the assembly's. It looks
// through links, text, and the usual codings of content systems, and does not weigh where the address
// stands. Errors: none. Threads: pure.
#pragma once

#include <string>

#include "core/evidence/house.h"
#include "core/evidence/lexicon.h"
#include "core/evidence/page.h"
#include "core/mail/address.h"

namespace portavoz {

// The first one that is not `but`; of a mailbox provider only when there is no better one. "@example.org"
// when only its domain could be read. Empty when there is none.
[[nodiscard]] std::string house_address(const Page& page, const HouseNames& names, const MailAddress& but,
                                        const Lexicon& lexicon);

// The first address of the domain that most of the page's addresses have, of those before `before` when two
// have as many; empty when that is the domain of `address`, or nothing is there to compare. Mailbox
// providers' are left out.
[[nodiscard]] std::string main_house_address(const Page& page, const HouseNames& names,
                                             const MailAddress& address, const Position& before);

}  // namespace portavoz
