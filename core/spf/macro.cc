#include "core/spf/macro.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::size_t max_name_octets = 253;  // RFC 7208 §7.3
constexpr std::size_t max_label_octets = 63;  // RFC 1035 §2.3.4
constexpr std::size_t all_parts = 0;
constexpr std::size_t more_parts_than_any_value = 1'000'000;

// The part of a text up to the next '%', or one macro-expand (§7.1).
struct Piece {
  std::string_view literal;
  bool is_macro = false;  // also %%, %_ and %-, which stand for the literal
  char letter = '\0';     // of %{…}, in lower case
  bool escaped = false;   // an upper-case letter: URL-escaped (§7.3)
  std::size_t parts = all_parts;
  bool reversed = false;
  std::string_view delimiters = ".";
};

bool is_visible(char c) { return c > ' ' && c <= '~'; }

// The digits at the start of `text`, which they are taken from. §7.3: the number must not be zero.
std::optional<std::size_t> take_parts(std::string_view& text) {
  if (text.empty() || !is_ascii_digit(text.front())) return all_parts;
  std::size_t parts = 0;
  while (!text.empty() && is_ascii_digit(text.front())) {
    parts = std::min(parts * 10 + static_cast<std::size_t>(text.front() - '0'), more_parts_than_any_value);
    text.remove_prefix(1);
  }
  if (parts == 0) return std::nullopt;
  return parts;
}

// What stands between the braces: macro-letter transformers *delimiter.
std::optional<Piece> read_braces(std::string_view text) {
  constexpr std::string_view letters = "slodiphv";
  constexpr std::string_view delimiters = ".-+,/_=";
  if (text.empty()) return std::nullopt;
  Piece piece;
  piece.is_macro = true;
  piece.letter = ascii_lower(text.front());
  piece.escaped = piece.letter != text.front();
  if (letters.find(piece.letter) == std::string_view::npos) return std::nullopt;
  text.remove_prefix(1);
  const auto parts = take_parts(text);
  if (!parts) return std::nullopt;
  piece.parts = *parts;
  if (!text.empty() && ascii_lower(text.front()) == 'r') {
    piece.reversed = true;
    text.remove_prefix(1);
  }
  if (text.find_first_not_of(delimiters) != std::string_view::npos) return std::nullopt;
  if (!text.empty()) piece.delimiters = text;
  return piece;
}

Piece stands_for(std::string_view literal) {
  Piece piece;
  piece.literal = literal;
  piece.is_macro = true;
  return piece;
}

std::optional<Piece> take_macro(std::string_view& text) {
  if (text.size() < 2) return std::nullopt;
  const char kind = text[1];
  if (kind == '{') {
    const auto end = text.find('}');
    if (end == std::string_view::npos) return std::nullopt;
    const auto braces = text.substr(2, end - 2);
    text.remove_prefix(end + 1);
    return read_braces(braces);
  }
  text.remove_prefix(2);
  switch (kind) {
    case '%': return stands_for("%");
    case '_': return stands_for(" ");
    case '-': return stands_for("%20");
    default: return std::nullopt;
  }
}

// The next piece, which is taken off the front of `text`; nothing when it is malformed. Precondition: text
// not empty.
std::optional<Piece> take_piece(std::string_view& text) {
  if (text.front() == '%') return take_macro(text);
  Piece piece;
  piece.literal = text.substr(0, text.find('%'));
  if (!std::all_of(piece.literal.begin(), piece.literal.end(), is_visible)) return std::nullopt;
  text.remove_prefix(piece.literal.size());
  return piece;
}

bool is_alphanumeric(char c) { return is_ascii_alpha(c) || is_ascii_digit(c); }

// toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum ), §7.1
bool is_toplabel(std::string_view label) {
  if (label.empty() || !is_alphanumeric(label.front()) || !is_alphanumeric(label.back())) return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return c == '-' || is_alphanumeric(c); }) &&
         std::any_of(label.begin(), label.end(), [](char c) { return c == '-' || is_ascii_alpha(c); });
}

// domain-end = ( "." toplabel [ "." ] ), at the end of a literal
bool ends_in_toplabel(std::string_view literal) {
  if (literal.ends_with('.')) literal.remove_suffix(1);
  const auto dot = literal.rfind('.');
  return dot != std::string_view::npos && is_toplabel(literal.substr(dot + 1));
}

// §7.3: "no special treatment is given to leading, trailing, or consecutive delimiters"
std::vector<std::string_view> split_at_any(std::string_view text, std::string_view delimiters) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find_first_of(delimiters);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// §7.3: the parts "are rejoined using "." and not the original splitting characters".
std::string transform(const Piece& piece, std::string_view value) {
  auto parts = split_at_any(value, piece.delimiters);
  if (piece.reversed) std::reverse(parts.begin(), parts.end());
  const std::size_t skip =
      piece.parts == all_parts || piece.parts > parts.size() ? 0 : parts.size() - piece.parts;
  std::string text;
  for (std::size_t i = skip; i < parts.size(); ++i) {
    if (i > skip) text += '.';
    text += parts[i];
  }
  return text;
}

// §7.3: all but the unreserved characters of RFC 3986 §2.3. The DNS does not tell a from A in the digits.
std::string url_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool unreserved = is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
    escaped += unreserved ? std::string(1, c) : "%" + to_hex({&c, 1});
  }
  return escaped;
}

// A name while it is put together. Only its end can be asked for, so no more than that is kept: a record may
// repeat a macro as often as it likes.
class Growing {
 public:
  void add(std::string_view text) {
    text_ += text;
    if (text_.size() <= 4 * kept) return;
    const std::size_t cut = text_.size() - kept;
    text_.erase(0, cut);
    client_end_ = client_end_ > cut ? client_end_ - cut : 0;
  }
  void end_of_client_part() { client_end_ = text_.size(); }

  [[nodiscard]] bool of_client() const {
    if (client_end_ == 0) return false;
    const auto ours = std::string_view(text_).substr(client_end_);
    return std::count(ours.begin(), ours.end(), '.') - (ours.ends_with('.') ? 1 : 0) < 2;
  }
  [[nodiscard]] std::string name() const {
    std::string name = text_;
    if (name.ends_with('.')) name.pop_back();
    if (name.size() <= max_name_octets) return name;
    // §7.3: labels are taken off the left side until the name fits.
    const auto dot = name.find('.', name.size() - max_name_octets - 1);
    return dot == std::string::npos ? std::string() : name.substr(dot + 1);
  }

 private:
  static constexpr std::size_t kept = 1024;
  std::string text_;
  std::size_t client_end_ = 0;  // behind the last thing that the client says of itself
};

// What the client, or whoever gave it its address, writes as it likes; %{v} ends the name of its reverse
// zone.
bool is_the_clients_word(char letter) {
  return std::string_view("hplsv").find(letter) != std::string_view::npos;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= max_label_octets &&
         std::all_of(label.begin(), label.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

}  // namespace

bool is_macro_string(std::string_view text) {
  while (!text.empty()) {
    if (!take_piece(text)) return false;
  }
  return true;
}

bool is_domain_spec(std::string_view text) {
  std::optional<Piece> last;
  while (!text.empty()) {
    last = take_piece(text);
    if (!last) return false;
  }
  return last && (last->is_macro || ends_in_toplabel(last->literal));
}

bool is_askable(std::string_view name) {
  if (name.empty() || name.size() > max_name_octets) return false;
  const auto labels = split_at_any(name, ".");
  return std::all_of(labels.begin(), labels.end(), is_label);
}

SpfName expand_domain_spec(std::string_view spec, const MacroValue& value) {
  SpfName name;
  Growing growing;
  while (!spec.empty()) {
    const auto piece = take_piece(spec);
    if (!piece) break;
    if (piece->letter == '\0') {
      growing.add(piece->literal);
      continue;
    }
    const std::string text = transform(*piece, value(piece->letter));
    if (!is_ascii(text)) name.state = SpfName::State::not_ascii;
    growing.add(piece->escaped ? url_escape(text) : text);
    if (is_the_clients_word(piece->letter)) growing.end_of_client_part();
    name.names_client = name.names_client || piece->letter == 'i' || piece->letter == 'p';
  }
  name.of_client = growing.of_client();
  name.text = growing.name();
  if (name.state == SpfName::State::askable && !is_askable(name.text)) name.state = SpfName::State::malformed;
  return name;
}

}  // namespace portavoz
