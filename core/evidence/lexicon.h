// The words by which pages say that here is how to reach us, and how they write '@' and '.' in words, in many
// languages: core/evidence/lexicon.tsv, which is built in, and what an operator adds to it. Matching is by
// words: where a script parts its words, a word of five letters or more may go on (`contact` also finds
// `contacto`, `kontakt` also `Kontaktdaten`), a shorter one stands alone; scripts without blanks match
// anywhere. Case does not matter; YYYY in a word of `former` is any year. Errors: parse() names every bad
// line. Threads: immutable once made.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace portavoz {

enum class LexiconKind : std::uint8_t {
  contact,
  imprint,
  address_label,
  at,
  dot,
  former,       // beside an address that is no longer in use
  press,        // for journalists
  third_party,  // a heading above the addresses of others
  credit,       // beside the name of who made the page, or what stands on it
  mailbox,      // local parts of an organisation, no person: "info"
  not_ours,     // beside an address of somebody else
  ask,          // before an address that readers are to write to
};

class Lexicon {
 public:
  [[nodiscard]] static const Lexicon& built_in();

  // Lines of two to thirteen columns parted by tabs, the first one a language tag; words in a column parted
  // by
  // '|'; lines that begin with '#', and empty ones, say nothing. Error: bad_input, a line for each that is
  // not so.
  [[nodiscard]] static Result<Lexicon> parse(std::string_view text);

  // The built-in words and those of a file; each bad line is named as FILE:LINE.
  [[nodiscard]] static Result<Lexicon> with_file(std::string_view text, const std::string& file);

  // The word of that kind that stands in the text, in lower case; empty when there is none.
  [[nodiscard]] std::string_view find(LexiconKind kind, std::string_view text) const;

  // Whether `word`, in lower case, is one of them, whole.
  [[nodiscard]] bool has(LexiconKind kind, std::string_view word) const;

  [[nodiscard]] const std::vector<std::string>& words(LexiconKind kind) const {
    return words_[static_cast<std::size_t>(kind)];
  }

 private:
  void sort();

  std::array<std::vector<std::string>, 12> words_;
};

// Whether the words stand in the lower-case text at the borders that are described above; npos when they do
// not.
[[nodiscard]] std::size_t find_words(std::string_view lower, std::string_view words);

}  // namespace portavoz
