#include "core/evidence/lexicon.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/characters.h"
#include "core/evidence/lexicon_data.h"
#include "core/mail/unicode.h"

namespace portavoz {
namespace {

constexpr std::size_t fewest_columns = 2;
constexpr std::size_t most_columns = 13;
constexpr std::size_t open_ended = 5;  // characters: so long a word may go on

constexpr std::string_view any_year = "yyyy";

// In lower case, where the Turkish capital İ is an i as well, without the dot that Unicode keeps beside it.
std::string folded(std::string_view text) {
  constexpr std::string_view dot_above = "\xCC\x87";
  std::string lower = lower_case(text);
  for (auto at = lower.find(dot_above); at != std::string::npos; at = lower.find(dot_above, at))
    lower.erase(at, dot_above.size());
  return lower;
}

// The text with every year as any_year; a time of the day ("20:00") and a longer number are none.
std::string without_years(std::string text) {
  const auto digit = [&](std::size_t at) { return at < text.size() && is_ascii_digit(text[at]); };
  for (std::size_t at = 0; at + any_year.size() <= text.size(); ++at) {
    if (!digit(at)) continue;
    std::size_t end = at;
    while (digit(end)) ++end;
    const std::string_view number = std::string_view(text).substr(at, end - at);
    if (number.size() == any_year.size() && (number.starts_with("19") || number.starts_with("20")))
      text.replace(at, any_year.size(), any_year);
    at = end;
  }
  return text;
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
    if (cells.size() < fewest_columns || cells.size() > most_columns || trim(cells.front()).empty() ||
        !is_utf8(line)) {
      wrong += (wrong.empty() ? "" : "\n") + std::to_string(number) + ": " +
               (is_utf8(line) ? "a line has a language and up to twelve columns of words, parted by tabs, "
                                "and this one has " +
                                    std::to_string(cells.size()) + " columns"
                              : "this line is not UTF-8");
      continue;
    }
    for (std::size_t column = 1; column < cells.size(); ++column) {
      for (const std::string& word : split(cells[column], '|'))
        if (!trim(word).empty()) lexicon.words_[column - 1].push_back(folded(trim(word)));
    }
  }
  if (!wrong.empty()) return Error{ErrorKind::bad_input, wrong};
  lexicon.sort();
  return lexicon;
}

void Lexicon::sort() {
  for (auto& words : words_) {
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
  }
}

bool Lexicon::has(LexiconKind kind, std::string_view word) const {
  return std::binary_search(words(kind).begin(), words(kind).end(), word);
}

std::string_view Lexicon::find(LexiconKind kind, std::string_view text) const {
  const std::string lower = kind == LexiconKind::former ? without_years(folded(text)) : folded(text);
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
  both.sort();
  return both;
}

}  // namespace portavoz
