#include "core/mail/unicode.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <idn2.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "core/base/owned.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

using Octets = Owned<std::uint8_t, std::free>;

const std::uint8_t* octets_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::string text_of(const std::uint8_t* octets, std::size_t length) {
  return {reinterpret_cast<const char*>(octets), length};
}

std::string normalised(std::string_view utf8, uninorm_t form) {
  std::size_t length = 0;
  const Octets octets(u8_normalize(form, octets_of(utf8), utf8.size(), nullptr, &length));
  return octets ? text_of(octets.get(), length) : std::string();
}

// The octets of the character that begins at `at`.
std::string_view character_at(std::string_view utf8, std::size_t at) {
  std::size_t length = 1;
  while (at + length < utf8.size() && (static_cast<unsigned char>(utf8[at + length]) & 0xC0) == 0x80)
    ++length;
  return utf8.substr(at, length);
}

bool is_ascii_char(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool has_ascii(std::string_view text) { return std::any_of(text.begin(), text.end(), is_ascii_char); }

// A character beyond ASCII that the mapping turns into ASCII would let one address pass for another.
template <typename Mapping>
bool becomes_ascii(std::string_view utf8, const Mapping& mapping) {
  for (std::size_t at = 0; at < utf8.size();) {
    const auto character = character_at(utf8, at);
    if (character.size() > 1 && has_ascii(mapping(character))) return true;
    at += character.size();
  }
  return false;
}

// Without marks and opening ¿ and ¡; '?' for what has no plain letter. `apart`: in form KD.
void append_folded(std::string& ascii, std::string_view apart) {
  for (std::size_t at = 0; at < apart.size();) {
    const auto character = character_at(apart, at);
    at += character.size();
    if (character.size() == 1) {
      ascii += character;
      continue;
    }
    ucs4_t code = 0;
    u8_mbtouc(&code, octets_of(character), character.size());
    const bool mark = uc_combining_class(code) != UC_CCC_NR;
    const bool opening = character == "¿" || character == "¡";
    if (!mark && !opening) ascii += '?';
  }
}

Error not_utf8() { return {ErrorKind::bad_input, "the text is not UTF-8"}; }

}  // namespace

std::string lower_case(std::string_view utf8) {
  if (is_ascii(utf8)) return ascii_lower(utf8);
  std::size_t length = 0;
  const Octets octets(u8_tolower(octets_of(utf8), utf8.size(), nullptr, nullptr, nullptr, &length));
  return octets ? text_of(octets.get(), length) : std::string();
}

Result<std::string> domain_to_ascii(std::string_view utf8) {
  if (!is_utf8(utf8)) return not_utf8();
  const auto mapping = [](std::string_view text) { return normalised(lower_case(text), UNINORM_NFC); };
  if (becomes_ascii(utf8, mapping))
    return Error{ErrorKind::bad_input, "a character of the domain only looks like an ASCII letter"};
  const std::string mapped = mapping(utf8);
  std::uint8_t* found = nullptr;
  // NO_TR46: UTS 46 would map full-width letters and other look-alikes; IDNA2008 itself refuses them.
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(mapped.c_str()), &found,
                                    IDN2_NO_TR46 | IDN2_ALABEL_ROUNDTRIP);
  const Owned<std::uint8_t, idn2_free> owned(found);
  if (status != IDN2_OK)
    return Error{ErrorKind::bad_input, std::string("the domain is not allowed: ") + idn2_strerror(status)};
  return ascii_lower(reinterpret_cast<const char*>(owned.get()));
}

Result<std::string> normalise_nfc(std::string_view utf8) {
  if (!is_utf8(utf8)) return not_utf8();
  const auto mapping = [](std::string_view text) { return normalised(text, UNINORM_NFC); };
  if (becomes_ascii(utf8, mapping))
    return Error{ErrorKind::bad_input, "a character only looks like an ASCII letter"};
  return mapping(utf8);
}

std::string normalise_nfkc(std::string_view utf8) {
  return is_utf8(utf8) ? normalised(utf8, UNINORM_NFKC) : std::string();
}

std::string fold_to_ascii(std::string_view utf8) {
  if (is_ascii(utf8)) return printable_ascii(utf8);
  const bool whole = is_utf8(utf8);
  std::string ascii;
  ascii.reserve(utf8.size());
  while (!utf8.empty()) {
    const auto plain =
        static_cast<std::size_t>(std::find_if_not(utf8.begin(), utf8.end(), is_ascii_char) - utf8.begin());
    ascii += utf8.substr(0, plain);
    utf8.remove_prefix(plain);
    // Form KD changes each character by itself but for the order of its marks, and they go.
    const auto character = character_at(utf8, 0);
    append_folded(ascii, whole ? normalised(character, UNINORM_NFKD) : std::string(character));
    utf8.remove_prefix(character.size());
  }
  return printable_ascii(ascii);
}

}  // namespace portavoz
