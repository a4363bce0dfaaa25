#include "core/evidence/spelling.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/characters.h"

namespace portavoz {
namespace {

constexpr std::size_t longest_word = 40;  // in brackets, in octets
constexpr std::size_t label_before = 40;  // octets before the address where its label may stand
constexpr std::size_t most_spellings = 50;

// How one sign of the address is written.
struct Sign {
  std::size_t end;
  enum class How { plain, blanks, line_end, bracket, word, weak_word, entity, replaced, other_sign } how;
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> brackets{{{"[", "]"},
                                                                                  {"(", ")"},
                                                                                  {"{", "}"},
                                                                                  {"<", ">"},
                                                                                  {"«", "»"},
                                                                                  {"【", "】"},
                                                                                  {"（", "）"},
                                                                                  {"［", "］"},
                                                                                  {"_", "_"},
                                                                                  {"*", "*"},
                                                                                  {"|", "|"}}};
// As text that a page shows by mistake, or as a script would decode it.
constexpr std::array<std::string_view, 6> at_entities{"&#64;", "&#x40;",  "&commat;",
                                                      "%40",   "\\u0040", "&amp;#64;"};
constexpr std::array<std::string_view, 4> at_signs{"@", "＠", "﹫", "ⓐ"};
constexpr std::array<std::string_view, 5> dot_signs{".", "．", "。", "｡", "﹒"};
// Signs that a page may put in the place of '@' when it says so beside the address.
constexpr std::array<std::string_view, 10> replacing{"#", "$", "*", "★", "☆", "&", "~", "^", "§", "◎"};

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

// A preposition that prose uses before the name of a place.
bool is_weak(std::string_view word) {
  return !is_unparted(code_point(word, 0).value) && characters_in(word) <= 4;
}

bool is_border(std::string_view text, std::size_t at) {
  return at >= text.size() || !continues_word(code_point(text, at).value);
}

class Matcher {
 public:
  Matcher(std::string_view text, const Lexicon& lexicon)
      : text_(text), lower_(ascii_lower(text)), lexicon_(lexicon) {}

  std::vector<Spelling> find(const MailAddress& address) {
    std::vector<Spelling> out;
    const auto local = split(address.local_part(), '.');
    const auto labels = split(address.domain(), '.');
    for (std::size_t at = lower_.find(local[0]); at != std::string::npos && out.size() < most_spellings;
         at = lower_.find(local[0], at + 1)) {
      if (const auto spelled = match(at, local, labels)) out.push_back(*spelled);
    }
    return out;
  }

  // Whether some address at this domain is spelled, whatever its name is.
  [[nodiscard]] bool finds_domain(std::string_view domain) const {
    if (domain.empty()) return false;
    const auto labels = split(domain, '.');
    std::size_t tried = 0;
    for (std::size_t at = lower_.find(labels[0]); at != std::string::npos && tried < most_spellings;
         at = lower_.find(labels[0], at + 1)) {
      bool spelled_dots = false;
      const auto end = pieces(at, labels, spelled_dots);
      if (!end || !ends_here(*end) || goes_on(*end, spelled_dots)) continue;
      if (follows_at(at, spelled_dots)) return true;
      ++tried;
    }
    return false;
  }

 private:
  // Whether an '@' in whatever spelling ends at `end`, behind a name.
  [[nodiscard]] bool follows_at(std::size_t end, bool spelled_dots) const {
    for (std::size_t from = end; from > 0 && end - from < longest_word;) {
      from = start_before(lower_, from);
      if (from == 0 || is_border(lower_, start_before(lower_, from))) continue;
      const auto sign = at(from);
      if (sign && sign->end == end && (sign->how != Sign::How::weak_word || spelled_dots)) return true;
    }
    return false;
  }

  [[nodiscard]] std::optional<Spelling> match(std::size_t start, const std::vector<std::string>& local,
                                              const std::vector<std::string>& labels) const {
    if (start > 0) {
      const char32_t before = code_point(lower_, start_before(lower_, start)).value;
      if (continues_word(before) || before == '.' || before == '-' || before == '+' || before == '@')
        return {};
    }
    bool spelled_dots = false;
    const auto name = pieces(start, local, spelled_dots);
    if (!name) return {};
    const auto at_sign = at(*name);
    if (!at_sign) return {};
    // In the name a word for a dot may be a word of prose; between a name and a domain it is not.
    const auto end = pieces(at_sign->end, labels, spelled_dots);
    if (!end || !ends_here(*end) || goes_on(*end, spelled_dots)) return {};
    if (spelled_dots && comes_from(start)) return {};
    return judged(start, *end, at_sign->how, spelled_dots);
  }

  // Another part of the name stands before a spelled dot: "north [dot] info".
  [[nodiscard]] bool comes_from(std::size_t start) const {
    for (std::size_t from = start; from > 0 && start - from < longest_word;) {
      from = start_before(lower_, from);
      const auto spelled = dot(from);
      if (!spelled || spelled->how == Sign::How::plain || spelled->end != start) continue;
      while (from > 0 && lower_[from - 1] == ' ') --from;
      return from > 0 && !is_border(lower_, start_before(lower_, from));
    }
    return false;
  }

  // Another label follows behind a spelled dot: "example [dot] org [dot] br".
  [[nodiscard]] bool goes_on(std::size_t end, bool spelled_dots) const {
    const auto label_at = [this](std::size_t at) { return at < lower_.size() && !is_border(lower_, at); };
    const std::size_t begin = skip_blanks(lower_, end);
    if (const auto after = bracketed(begin, LexiconKind::dot, dot_signs))
      return label_at(skip_blanks(lower_, *after));
    const auto word = spelled_dots ? bare_word(end, LexiconKind::dot) : std::nullopt;
    return word && label_at(word->end);
  }

  // The pieces with a dot between each two, or nothing.
  [[nodiscard]] std::optional<std::size_t> pieces(std::size_t at, const std::vector<std::string>& parts,
                                                  bool& spelled) const {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) {
        const auto sign = dot(at);
        if (!sign) return std::nullopt;
        spelled = spelled || sign->how != Sign::How::plain;
        at = sign->end;
      }
      if (std::string_view(lower_).substr(at, parts[i].size()) != parts[i]) return std::nullopt;
      at += parts[i].size();
    }
    return at;
  }

  // The address ends: neither a longer label nor another one follows.
  [[nodiscard]] bool ends_here(std::size_t end) const {
    if (!is_border(lower_, end)) return false;
    const std::string_view after = std::string_view(lower_).substr(end);
    if (after.starts_with('-') || after.starts_with('_') || after.starts_with('@')) return false;
    return !after.starts_with('.') || is_border(lower_, end + 1);
  }

  template <std::size_t N>
  [[nodiscard]] std::optional<std::size_t> one_of(std::size_t at,
                                                  const std::array<std::string_view, N>& signs) const {
    for (const auto sign : signs)
      if (std::string_view(lower_).substr(at).starts_with(sign)) return at + sign.size();
    return std::nullopt;
  }

  // In brackets: one of the words, or the sign itself.
  template <std::size_t N>
  [[nodiscard]] std::optional<std::size_t> bracketed(std::size_t at, LexiconKind kind,
                                                     const std::array<std::string_view, N>& signs) const {
    const std::string_view rest = std::string_view(lower_).substr(at);
    for (const auto& [open, close] : brackets) {
      if (!rest.starts_with(open)) continue;
      const auto end = rest.substr(0, longest_word).find(close, open.size());
      if (end == std::string_view::npos) continue;
      const auto inside = trim(rest.substr(open.size(), end - open.size()));
      const bool sign = std::find(signs.begin(), signs.end(), inside) != signs.end();
      if (sign || is_word(kind, inside)) return at + end + close.size();
    }
    return std::nullopt;
  }

  [[nodiscard]] bool is_word(LexiconKind kind, std::string_view inside) const {
    if (kind == LexiconKind::at && (inside == "a" || inside == "à" || inside == "ät" || inside == "add"))
      return true;
    return lexicon_.has(kind, inside);
  }

  // A bare word, with blanks around it where its script has blanks.
  [[nodiscard]] std::optional<Sign> bare_word(std::size_t at, LexiconKind kind) const {
    const std::size_t begin = skip_blanks(lower_, at);
    std::size_t longest = 0;
    for (const std::string& word : lexicon_.words(kind)) {
      if (word.size() <= longest || std::string_view(lower_).substr(begin, word.size()) != word) continue;
      const bool unparted = is_unparted(code_point(word, 0).value);
      const bool apart =
          begin > at && begin + word.size() < lower_.size() && lower_[begin + word.size()] == ' ';
      if (unparted || apart) longest = word.size();
    }
    if (longest == 0) return std::nullopt;
    const bool weak = is_weak(std::string_view(lower_).substr(begin, longest));
    return Sign{skip_blanks(lower_, begin + longest), weak ? Sign::How::weak_word : Sign::How::word};
  }

  [[nodiscard]] std::optional<Sign> dot(std::size_t at) const {
    const std::size_t begin = skip_blanks(lower_, at);
    if (const auto end = one_of(begin, dot_signs)) {
      const std::size_t after = skip_blanks(lower_, *end);
      const bool plain = begin == at && after == *end;
      return Sign{after, plain ? Sign::How::plain : Sign::How::blanks};
    }
    if (const auto end = bracketed(begin, LexiconKind::dot, dot_signs))
      return Sign{skip_blanks(lower_, *end), Sign::How::bracket};
    return bare_word(at, LexiconKind::dot);
  }

  [[nodiscard]] std::optional<Sign> at(std::size_t at) const {
    std::size_t begin = skip_blanks(lower_, at);
    // A line may end beside the sign, and nowhere else.
    const bool line_before = begin < lower_.size() && lower_[begin] == '\n';
    if (line_before) begin = skip_blanks(lower_, begin + 1);
    if (auto end = one_of(begin, at_signs)) {
      std::size_t after = skip_blanks(lower_, *end);
      const bool line_after = after < lower_.size() && lower_[after] == '\n';
      if (line_after) after = skip_blanks(lower_, after + 1);
      const bool touches = begin == at && after == *end;
      const auto how = line_before || line_after       ? Sign::How::line_end
                       : !touches                      ? Sign::How::blanks
                       : text_.substr(begin, 1) == "@" ? Sign::How::plain
                                                       : Sign::How::other_sign;
      return Sign{after, how};
    }
    if (line_before) return std::nullopt;
    if (const auto end = one_of(begin, at_entities))
      return Sign{skip_blanks(lower_, *end), Sign::How::entity};
    if (const auto end = bracketed(begin, LexiconKind::at, at_signs))
      return Sign{skip_blanks(lower_, *end), Sign::How::bracket};
    if (const auto end = one_of(begin, replacing))
      if (says_replaced(std::string_view(lower_).substr(begin, *end - begin), *end))
        return Sign{skip_blanks(lower_, *end), Sign::How::replaced};
    return bare_word(at, LexiconKind::at);
  }

  // "(replace # by @)": both signs stand once more, near each other, on this page's line.
  [[nodiscard]] bool says_replaced(std::string_view sign, std::size_t from) const {
    constexpr std::size_t near = 24;
    for (std::size_t again = lower_.find(sign, from); again != std::string::npos;
         again = lower_.find(sign, again + 1)) {
      const std::string_view around =
          std::string_view(lower_).substr(again > near ? again - near : 0, 2 * near);
      if (std::any_of(at_signs.begin(), at_signs.end(), [&](std::string_view at_sign) {
            return around.find(at_sign) != std::string_view::npos;
          }))
        return true;
    }
    return false;
  }

  [[nodiscard]] std::optional<Spelling> judged(std::size_t start, std::size_t end, Sign::How how,
                                               bool spelled_dots) const {
    switch (how) {
      case Sign::How::plain:
        if (!spelled_dots) return std::nullopt;  // as it is
        return Spelling{start, end, "spaces", true};
      case Sign::How::blanks: return Spelling{start, end, "spaces", true};
      case Sign::How::line_end: return Spelling{start, end, "split_br", true};
      case Sign::How::bracket:
      case Sign::How::replaced: return Spelling{start, end, "at_bracket", true};
      case Sign::How::other_sign: return Spelling{start, end, "fullwidth", true};
      case Sign::How::entity: return Spelling{start, end, "entity", true};
      case Sign::How::word: return Spelling{start, end, "at_word", true};
      case Sign::How::weak_word:
        return Spelling{start, end, "at_word", spelled_dots || has_label(start) || is_line(start, end)};
    }
    return std::nullopt;
  }

  // Nothing else stands on its line: nobody writes prose like that.
  [[nodiscard]] bool is_line(std::size_t start, std::size_t end) const {
    const std::size_t begins = start == 0 ? 0 : text_.rfind('\n', start - 1) + 1;  // npos + 1 is 0
    const std::size_t ends = std::min(text_.find('\n', end), text_.size());
    return trim(text_.substr(begins, start - begins)).empty() && trim(text_.substr(end, ends - end)).empty();
  }

  [[nodiscard]] bool has_label(std::size_t start) const {
    const std::size_t from = start > label_before ? start - label_before : 0;
    return !lexicon_.find(LexiconKind::address_label, valid(text_.substr(from, start - from))).empty();
  }

  // What a cut left of a first character goes.
  static std::string_view valid(std::string_view text) {
    while (!text.empty() && is_continuation(text.front())) text.remove_prefix(1);
    return text;
  }

  std::string_view text_;
  std::string lower_;  // ASCII letters only: positions stay
  const Lexicon& lexicon_;
};

}  // namespace

bool spells_domain(std::string_view tidied, std::string_view domain, const Lexicon& lexicon) {
  return Matcher(tidied, lexicon).finds_domain(domain);
}

std::vector<Spelling> spellings(std::string_view tidied, const MailAddress& address, const Lexicon& lexicon) {
  // Most blocks have no first piece of the name, and most of the others no first label.
  const auto first = [](std::string_view text) { return text.substr(0, text.find('.')); };
  const auto has = [&](std::string_view part) {
    return std::search(tidied.begin(), tidied.end(), part.begin(), part.end(),
                       [](char a, char b) { return ascii_lower(a) == b; }) != tidied.end();
  };
  if (!has(first(address.domain())) || !has(first(address.local_part()))) return {};
  return Matcher(tidied, lexicon).find(address);
}

}  // namespace portavoz
