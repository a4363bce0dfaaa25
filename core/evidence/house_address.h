// The address of the house: one that a page shows to its readers and that is the site's own by its names
// (house.h). It keeps a stranger's address on the same page from being taken for the assembly's. It looks
// through links, text, and the usual codings of content systems, and does not weigh where the address
// stands. Errors: none. Threads: pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/evidence/house.h"
#include "core/evidence/lexicon.h"
#include "core/evidence/page.h"
#include "core/mail/address.h"

namespace portavoz {

// The first one that is not `but`; of a mailbox provider only when there is no better one. "@example.org"
// when only its domain could be read. Empty when there is none.
[[nodiscard]] std::string house_address(const Page& page, const HouseNames& names, const MailAddress& but,
                                        const Lexicon& lexicon);

// A domain of which a page shows addresses to its readers.
struct ShownDomain {
  std::string name;
  std::string first;                // the address that stands first
  Position position;                // of that
  std::set<std::string> addresses;  // all of them
};

// Those of the page, without mailbox providers', and without what is quoted.
[[nodiscard]] std::vector<ShownDomain> shown_domains(const Page& page, const HouseNames& names);

// The first address of a domain that has more addresses than that of `address`, which stands at `at`, or as
// many and stands before it; empty when there is none.
[[nodiscard]] std::string address_before(const std::vector<ShownDomain>& domains, const MailAddress& address,
                                         const Position& at);

}  // namespace portavoz
