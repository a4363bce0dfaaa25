// An address that is spelled out for people: "info [at] example.org", "info arroba example punto org",
// "info @ example.org", "info&#64;example.org" shown as it stands. We know which address we look for, so
// every piece of it has to stand there, in its order, and only '@' and the dots may be written in other ways;
// nothing is guessed. A preposition alone ("info at example.org") may be prose: that is not sure, unless the
// dots are spelled as well or a label ("E-mail:") stands before it. Positions are octets of the tidied text.
// Errors: none. Threads: pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/evidence/lexicon.h"
#include "core/mail/address.h"

namespace portavoz {

struct Spelling {
  std::size_t start;
  std::size_t end;
  std::string_view form;  // spaces, split_br, fullwidth, at_bracket, at_word, entity
  bool sure;
};

// Without what mentions() finds: the address as it is.
[[nodiscard]] std::vector<Spelling> spellings(std::string_view tidied, const MailAddress& address,
                                              const Lexicon& lexicon);

// Whether an address at this domain is spelled there, or stands as it is, whatever its name: for sure.
[[nodiscard]] bool spells_domain(std::string_view tidied, std::string_view domain, const Lexicon& lexicon);

}  // namespace portavoz
