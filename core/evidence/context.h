// What kind of place an address stands in, and whether that makes it an official contact of whoever the page
// belongs to: yes, no, or "cannot tell", with the reason. It weighs what a reader would: is this a page for
// contacts, or a block of one; the site's own head or foot; an article and its author; somebody else's part;
// a visitor's words; data that nobody sees. Errors: none. Threads: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/evidence/finding.h"
#include "core/evidence/house.h"
#include "core/evidence/lexicon.h"
#include "core/evidence/page.h"
#include "core/evidence/sightings.h"
#include "core/mail/address.h"

namespace portavoz {

// What the page as a whole says of itself.
struct PageFacts {
  bool contact = false;  // by its title, its first headings or its path it is a page for contacts
  bool imprint = false;
  bool article = false;  // one of the news, of a blog
  bool humans = false;   // humans.txt or security.txt: who made the site, or whom to warn
  // What the address that is looked for says of itself, seen from this page.
  House house = House::foreign;
  bool mailbox = false;  // its name is one of an organisation's mailboxes, not a person's
  bool person = false;   // its name is made as a person's is
  std::string name;      // its local part, letters and digits only
};

[[nodiscard]] PageFacts facts_of(const Page& page, std::string_view url, const MailAddress& address,
                                 const HouseNames& names, const Lexicon& lexicon);

struct Weighed {
  Sighting sighting;
  std::string_view context;
  std::optional<bool> official;
  Reason why;
};

[[nodiscard]] Weighed weigh(Sighting sighting, const Page& page, const PageFacts& facts,
                            const Lexicon& lexicon);

// The path of a URL with its signs as blanks: /about-us/kontakt.html
[[nodiscard]] std::string words_of_path(std::string_view url);

// The heading above a place; empty without one.
[[nodiscard]] std::string_view heading_of(const Page& page, const Place& place);

}  // namespace portavoz
