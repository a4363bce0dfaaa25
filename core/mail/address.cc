#include "core/mail/address.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/mail/unicode.h"

namespace portavoz {
namespace {

// RFC 5321 §4.5.3.1.1 and .2
constexpr std::size_t max_local_octets = 64;
constexpr std::size_t max_domain_octets = 255;
// More than any domain has whose A-labels fit: a label of 63 has at most 59 characters, of four octets each.
constexpr std::size_t max_utf8_domain_octets = 1024;
// As much of what is no address as an error shows.
constexpr std::size_t max_shown_octets = 300;

bool is_atext(char c) {  // RFC 5322 §3.2.3, with RFC 6531 §3.3's UTF8-non-ascii
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return is_ascii_alpha(c) || is_ascii_digit(c) || others.find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atext(c); });
}

Error bad_address(std::string_view text, std::string_view why) {
  return {ErrorKind::bad_input, "'" + printable_ascii(text.substr(0, max_shown_octets)) +
                                    "' is not a mail address: " + std::string(why) +
                                    ". Give the address alone, as in info@example.org."};
}

// The content of a quoted string (RFC 5321 §4.1.2: Quoted-string).
Result<std::string> unquote(std::string_view quoted) {
  std::string content;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    char c = quoted[i];
    if (c == '\\') {
      if (++i + 1 >= quoted.size()) return Error{ErrorKind::bad_input, "the quotes are not closed"};
      c = quoted[i];
    } else if (c == '"') {
      return Error{ErrorKind::bad_input, "there is text after the closing quote"};
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return Error{ErrorKind::bad_input, "it holds a control character"};
    content += c;
  }
  if (content.empty()) return Error{ErrorKind::bad_input, "the part before the @ is empty"};
  return content;
}

Error local_too_long() { return {ErrorKind::bad_input, "the part before the @ is longer than 64 octets"}; }
Error not_a_domain() { return {ErrorKind::bad_input, "the part after the @ is not a domain name"}; }

Result<std::string> canonical_local(std::string_view text) {
  std::string local(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    auto content = unquote(text);
    if (!content) return content.error();
    local = std::move(*content);
  } else if (!is_dot_string(text)) {
    return Error{ErrorKind::bad_input,
                 "the part before the @ is empty or holds a character that is not allowed there"};
  }
  if (local.size() > max_local_octets) return local_too_long();
  if (is_ascii(local)) return ascii_lower(local);
  // Lower case first: h with a line below is one character of form C, H with one is two.
  auto normal = normalise_nfc(ascii_lower(local));
  if (normal && normal->size() > max_local_octets) return local_too_long();
  return normal;
}

bool is_host_label(std::string_view label) {  // RFC 1123 §2.1: letters, digits, hyphens inside
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-'; });
}

Result<std::string> canonical_domain(std::string_view text) {
  if (text.size() > max_utf8_domain_octets || text.find('\0') != std::string_view::npos)
    return not_a_domain();
  std::string domain = ascii_lower(text);
  if (!is_ascii(domain) || domain.find("xn--") != std::string::npos) {
    auto ascii = domain_to_ascii(text);
    if (!ascii) return ascii.error();
    domain = std::move(*ascii);
  }
  if (domain.size() > max_domain_octets || domain.find('.') == std::string::npos) return not_a_domain();
  for (std::string_view rest = domain; !rest.empty();) {
    const auto dot = rest.find('.');
    if (!is_host_label(rest.substr(0, dot)) || dot == rest.size() - 1) return not_a_domain();
    rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  }
  return domain;
}

}  // namespace

Result<MailAddress> MailAddress::parse(std::string_view text) {
  if (text.empty()) return bad_address(text, "it is empty");
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return bad_address(text, "there is no @ in it");
  auto local = canonical_local(text.substr(0, at));
  if (!local) return bad_address(text, local.error().what);
  auto domain = canonical_domain(text.substr(at + 1));
  if (!domain) return bad_address(text, domain.error().what);
  return MailAddress(std::move(*local), std::move(*domain));
}

std::string MailAddress::text() const {
  if (is_dot_string(local_)) return local_ + "@" + domain_;
  std::string quoted = "\"";
  for (const char c : local_) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"@" + domain_;
}

}  // namespace portavoz
