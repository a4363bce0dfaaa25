#include "core/evidence/lexicon.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/characters.h"
#include "core/evidence/lexicon_data.h"
#include "core/mail/unicode.h"

namespace portavoz {
namespace {

constexpr std::size_t columns = 7;
constexpr std::size_t open_ended = 5;  // characters: so long a word may go on

constexpr std::array<std::string_view, 15> third_party_words{
    "other assembl", "other group", "links",    "friends", "partner",     "sponsor", "otras",    "otros",
    "enlaces",       "colaborador", "patrocin", "liens",   "partenaires", "andere",  "webmaster"};
constexpr std::array<std::string_view, 10> former_words{"no longer",    "formerly", "until 20", "is closed",
                                                        "do not write", "ya no",    "antigu",   "hasta 20",
                                                        "hasta el 20",  "no escrib"};

// In lower case, where the Turkish capital İ is an i as well, without the dot that Unicode keeps beside it.
std::string folded(std::string_view text) {
  constexpr std::string_view dot_above = "\xCC\x87";
  std::string lower = lower_case(text);
  for (auto at = lower.find(dot_above); at != std::string::npos; at = lower.find(dot_above, at))
    lower.erase(at, dot_above.size());
  return lower;
}

std::string_view first_of(std::string_view text, std::span<const std::string_view> words) {
  const std::string lower = folded(text);
  for (const auto word : words) {
    for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1))
      if (at == 0 || !continues_word(code_point(lower, start_before(lower, at)).value)) return word;
  }
  return {};
}

}  // namespace

std::size_t find_words(std::string_view lower, std::string_view words) {
  const bool unparted = is_unparted(code_point(words, 0).value);
  const bool may_go_on = characters_in(words) >= open_ended;
  for (auto at = lower.find(words); at != std::string_view::npos; at = lower.find(words, at + 1)) {
    if (unparted) return at;
    const std::size_t end = at + words.size();
    const bool begins = at == 0 || !continues_word(code_point(lower, start_before(lower, at)).value);
    const bool ends = may_go_on || end >= lower.size() || !continues_word(code_point(lower, end).value);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

const Lexicon& Lexicon::built_in() {
  static const Lexicon lexicon = *Lexicon::parse(lexicon_data);
  return lexicon;
}

Result<Lexicon> Lexicon::parse(std::string_view text) {
  Lexicon lexicon;
  std::string wrong;
  std::size_t number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (trim(line).empty() || line.starts_with('#')) continue;
    const auto cells = split(line, '\t');
    if (cells.size() != columns || trim(cells.front()).empty() || !is_utf8(line)) {
      wrong += (wrong.empty() ? "" : "\n") + std::to_string(number) + ": " +
               (is_utf8(line)
                    ? "a line has a language and six columns of words, parted by tabs, and this one has " +
                          std::to_string(cells.size()) + " columns"
                    : "this line is not UTF-8");
      continue;
    }
    for (std::size_t column = 1; column < columns; ++column) {
      for (const std::string& word : split(cells[column], '|'))
        if (!trim(word).empty()) lexicon.words_[column - 1].push_back(folded(trim(word)));
    }
  }
  if (!wrong.empty()) return Error{ErrorKind::bad_input, wrong};
  for (auto& words : lexicon.words_) {
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
  }
  return lexicon;
}

std::string_view Lexicon::find(LexiconKind kind, std::string_view text) const {
  const std::string lower = folded(text);
  std::string_view longest;
  for (const std::string& word : words(kind))
    if (word.size() > longest.size() && find_words(lower, word) != std::string_view::npos) longest = word;
  return longest;
}

Result<Lexicon> Lexicon::with_file(std::string_view text, const std::string& file) {
  auto more = parse(text);
  if (!more) {
    std::string named;
    for (const std::string& line : split(more.error().what, '\n'))
      named += (named.empty() ? "" : "\n") + file + ":" + line;
    return Error{more.error().kind, named};
  }
  Lexicon both = built_in();
  for (std::size_t kind = 0; kind < both.words_.size(); ++kind)
    both.words_[kind].insert(both.words_[kind].end(), more->words_[kind].begin(), more->words_[kind].end());
  return both;
}

bool says_third_party(std::string_view text) { return !first_of(text, third_party_words).empty(); }
std::string_view says_former(std::string_view text) { return first_of(text, former_words); }

}  // namespace portavoz
