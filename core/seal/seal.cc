#include "core/seal/seal.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::string_view plain_specials = "!#$&'*+-./=?^_`{|}~@";
constexpr std::uint64_t last_second = 253402300799;  // 9999-12-31T23:59:59Z

constexpr std::array<std::string_view, 7> names = {"v=", "k=", "l=", "t=", "n=", "u=", "s="};
constexpr std::size_t marks_at = 5;
constexpr std::size_t usual_text = 512;  // to sign, in octets

bool is_plain(char c) {
  return is_ascii_alpha(c) || is_ascii_digit(c) || plain_specials.find(c) != std::string_view::npos;
}

std::string escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (is_plain(c)) {
      escaped += c;
      continue;
    }
    escaped += '%';
    for (const char digit : to_hex({&c, 1}))
      escaped += digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
  }
  return escaped;
}

std::optional<unsigned> upper_hex_digit(char c) {
  if (is_ascii_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
  return std::nullopt;
}

// The inverse of escape(), and of nothing else: a text has one escaped form only.
std::optional<std::string> unescape(std::string_view escaped) {
  std::string text;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '%') {
      if (!is_plain(escaped[i])) return std::nullopt;
      text += escaped[i];
      continue;
    }
    if (i + 2 >= escaped.size()) return std::nullopt;
    const auto high = upper_hex_digit(escaped[i + 1]);
    const auto low = upper_hex_digit(escaped[i + 2]);
    if (!high || !low) return std::nullopt;
    const char octet = static_cast<char>(*high * 16U + *low);
    if (is_plain(octet)) return std::nullopt;
    text += octet;
    i += 2;
  }
  return text;
}

std::string without_blanks(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(kept),
               [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; });
  return kept;
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(" ").append(std::to_string(value.size())).append(" ").append(value).append("\n");
}

// RFC 4648 §4: 64 octets are 86 digits and two signs of padding.
bool is_signature(std::string_view text) {
  constexpr std::size_t digits = 86;
  return text.size() == digits + 2 && text.substr(digits) == "==" &&
         std::all_of(text.begin(), text.begin() + digits,
                     [](char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '+' || c == '/'; });
}

Error bad_seal(std::string_view why) {
  return {ErrorKind::bad_input, "the seal cannot be read: " + std::string(why)};
}

}  // namespace

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return is_ascii_digit(c) || (c >= 'a' && c <= 'f');
         });
}

std::string seal_text_to_sign(const SealFacts& facts, std::string_view key_id, std::string_view nonce) {
  std::string text;
  text.reserve(usual_text);
  text += "portavoz-seal 1\n";
  add_line(text, "key", key_id);
  add_line(text, "list", facts.list);
  add_line(text, "time", std::to_string(facts.time.time_since_epoch().count()));
  add_line(text, "nonce", nonce);
  add_line(text, "from", facts.from);
  add_line(text, "message-id", without_blanks(facts.message_id));
  add_line(text, "body", to_hex(facts.body_sha256));
  add_line(text, "marks", join(facts.marks, ","));
  return text;
}

Result<Seal> parse_seal(std::string_view value) {
  std::vector<std::string> tags = split(value, ';');
  // Only the last parts grow so long that a relay may cut a line within them (RFC 5322 §2.1.1: 998 octets).
  for (std::size_t i = 0; i < tags.size(); ++i)
    tags[i] = i < marks_at ? trim(tags[i]) : without_blanks(tags[i]);
  const bool marked = tags.size() == names.size();
  if (!marked && tags.size() != names.size() - 1) return bad_seal("it has not the parts of version 1");
  if (!marked) tags.insert(tags.begin() + marks_at, std::string(names[marks_at]));
  std::array<std::string_view, names.size()> values;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view tag = tags[i];
    if (tag.substr(0, names[i].size()) != names[i])
      return bad_seal("part " + std::to_string(i + 1) + " is not " + std::string(names[i]));
    values[i] = tag.substr(names[i].size());
  }
  const auto list = unescape(values[2]);
  const auto time = parse_decimal(values[3]);
  if (values[0] != "1") return bad_seal("its version is not 1; is the gate newer than the door?");
  if (!is_hex(values[1], 16)) return bad_seal("the key id is not 16 hexadecimal digits");
  if (!list || list->empty()) return bad_seal("the list is not written as it should be");
  if (!time || *time > last_second) return bad_seal("the time is not a number of seconds");
  if (!is_hex(values[4], 32)) return bad_seal("the nonce is not 32 hexadecimal digits");
  auto marks = marked ? split(values[marks_at], ',') : std::vector<std::string>();
  if (!std::all_of(marks.begin(), marks.end(), [](const auto& mark) { return is_hex(mark, 32); }))
    return bad_seal("a mark is not 32 hexadecimal digits");
  if (!is_signature(values[6])) return bad_seal("the signature is not 64 octets in base64");
  return Seal{std::string(values[1]), *list,
              std::string(values[4]), std::move(marks),
              std::string(values[6]), Instant(Seconds(static_cast<std::int64_t>(*time)))};
}

std::string format_seal(const Seal& seal) {
  return "v=1; k=" + seal.key_id + "; l=" + escape(seal.list) +
         "; t=" + std::to_string(seal.time.time_since_epoch().count()) + "; n=" + seal.nonce +
         (seal.marks.empty() ? "" : "; u=" + join(seal.marks, ",")) + "; s=" + seal.signature;
}

}  // namespace portavoz
