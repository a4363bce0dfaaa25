// Every place of a page where one address stands, in whatever form: as a link or a text, spelled out for
// people, behind a protection of a proxy, a content system or a plugin, put together by a script, or in data
// for programs. It says where and how; whether such a place is an official contact is judge's business.
// An address is only compared, never guessed, and matches whole or not at all. Errors: none. Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/evidence/lexicon.h"
#include "core/evidence/page.h"
#include "core/mail/address.h"

namespace portavoz {

struct Sighting {
  std::string_view form;  // as in the evidence: mailto, plain, at_word, cf_email, script, jsonld …
  Place place;
  Position position;
  std::string text;                // as it stands there, with what is around
  bool link = false;               // somebody can follow it; its words are `text`
  bool machine = false;            // in data that readers do not see as such
  std::string property;            // of data: the names of the members that lead to it, or of the property
  std::vector<std::string> types;  // of data: what it describes, the innermost first
};

struct Sightings {
  std::vector<Sighting> found;
  // Places that keep some address from plain readers, and that could not be read: it may be this one.
  std::size_t unread = 0;
  std::string unsure;  // where it may be spelled, and it may be prose; empty when nowhere
};

[[nodiscard]] Sightings sightings(const Page& page, const MailAddress& address, const Lexicon& lexicon);

}  // namespace portavoz
