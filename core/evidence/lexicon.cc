#include "core/evidence/lexicon.h"

#include <array>
#include <span>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::array<std::string_view, 9> contact_words{"contact",     "contáct",  "get in touch",
                                                        "write to us", "reach us", "email us",
                                                        "escríb",      "escrib",   "habla con nosotr"};
constexpr std::array<std::string_view, 7> imprint_words{"legal notice", "imprint",     "impressum",
                                                        "who we are",   "aviso legal", "información legal",
                                                        "quiénes somos"};
constexpr std::array<std::string_view, 10> third_party_words{"other",       "links",   "friends", "partner",
                                                             "sponsor",     "otras",   "otros",   "enlaces",
                                                             "colaborador", "patrocin"};
constexpr std::array<std::string_view, 10> former_words{"no longer",    "formerly", "until 20", "is closed",
                                                        "do not write", "ya no",    "antigu",   "hasta 20",
                                                        "hasta el 20",  "no escrib"};

// Lower case of ASCII and of the Latin-1 letters (two octets, 0xC3 and another), which is what Spanish needs.
std::string lower_latin(std::string_view text) {
  std::string out = ascii_lower(text);
  for (std::size_t i = 1; i < out.size(); ++i) {
    const auto octet = static_cast<unsigned char>(out[i]);
    if (out[i - 1] == '\xC3' && octet >= 0x80 && octet <= 0x9E && octet != 0x97)
      out[i] = static_cast<char>(octet + 0x20);
  }
  return out;
}

bool in_a_word(char c) {
  return is_ascii_alpha(c) || is_ascii_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

std::string_view first_of(std::string_view text, std::span<const std::string_view> words) {
  const std::string lower = lower_latin(text);
  for (const auto word : words) {
    for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
      if (at == 0 || !in_a_word(lower[at - 1])) return word;
    }
  }
  return {};
}

}  // namespace

bool says_contact(std::string_view text) { return !first_of(text, contact_words).empty(); }
bool says_imprint(std::string_view text) { return !first_of(text, imprint_words).empty(); }
bool says_third_party(std::string_view text) { return !first_of(text, third_party_words).empty(); }
std::string_view says_former(std::string_view text) { return first_of(text, former_words); }

}  // namespace portavoz
