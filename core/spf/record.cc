#include "core/spf/record.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/spf/macro.h"

namespace portavoz {
namespace {

constexpr std::string_view version = "v=spf1";
constexpr std::size_t max_shown_octets = 200;

struct MechanismName {
  std::string_view name;
  SpfMechanism mechanism;
};
constexpr std::array mechanism_names{
    MechanismName{"all", SpfMechanism::all}, MechanismName{"include", SpfMechanism::include},
    MechanismName{"a", SpfMechanism::a},     MechanismName{"mx", SpfMechanism::mx},
    MechanismName{"ptr", SpfMechanism::ptr}, MechanismName{"ip4", SpfMechanism::ip4},
    MechanismName{"ip6", SpfMechanism::ip6}, MechanismName{"exists", SpfMechanism::exists},
};

// A prefix length at the end of `text`, behind `slashes`, which is taken off: no leading zero, at most `max`
// (§5.6). Nothing when none stands there; false in `good` when one stands there that must not.
std::optional<unsigned> take_bits(std::string_view& text, std::string_view slashes, unsigned max,
                                  bool& good) {
  const auto before = text.find_last_not_of("0123456789");
  if (before == std::string_view::npos || before + 1 == text.size()) return std::nullopt;
  const auto digits = text.substr(before + 1);
  auto rest = text.substr(0, before + 1);
  if (!rest.ends_with(slashes)) return std::nullopt;
  rest.remove_suffix(slashes.size());
  const auto bits = parse_decimal(digits);
  if (!bits || *bits > max || (digits.size() > 1 && digits.front() == '0')) {
    good = false;
    return std::nullopt;
  }
  text = rest;
  return static_cast<unsigned>(*bits);
}

// [ ":" domain-spec ] of what follows the name of a mechanism.
bool read_domain_spec(std::string_view rest, SpfTerm& term) {
  if (!rest.starts_with(':')) return false;
  term.domain_spec = rest.substr(1);
  return is_domain_spec(term.domain_spec);
}

// [ ":" domain-spec ] [ dual-cidr-length ], §5.3 and §5.4. A toplabel holds no slash, so the lengths come off
// first.
bool read_hosts(std::string_view rest, SpfTerm& term) {
  bool good = true;
  term.bits6 = take_bits(rest, "//", 128, good).value_or(128);
  term.bits4 = take_bits(rest, "/", 32, good).value_or(32);
  return good && (rest.empty() || read_domain_spec(rest, term));
}

// ":" ip4-network [ ip4-cidr-length ], and the same for ip6 (§5.6).
bool read_network(std::string_view rest, SpfTerm& term) {
  const bool v6 = term.mechanism == SpfMechanism::ip6;
  const unsigned max = v6 ? 128 : 32;
  if (!rest.starts_with(':')) return false;
  rest.remove_prefix(1);
  bool good = true;
  const unsigned bits = take_bits(rest, "/", max, good).value_or(max);
  (v6 ? term.bits6 : term.bits4) = bits;
  const auto address = IpAddress::parse(rest);
  if (!good || !address || address->is_v6() != v6) return false;
  term.network = *address;
  return true;
}

bool read_rest(std::string_view rest, SpfTerm& term) {
  switch (term.mechanism) {
    case SpfMechanism::all: return rest.empty();
    case SpfMechanism::include:
    case SpfMechanism::exists: return read_domain_spec(rest, term);
    case SpfMechanism::ptr: return rest.empty() || read_domain_spec(rest, term);
    case SpfMechanism::a:
    case SpfMechanism::mx: return read_hosts(rest, term);
    case SpfMechanism::ip4:
    case SpfMechanism::ip6: return read_network(rest, term);
  }
  return false;
}

// directive = [ qualifier ] mechanism, §4.6.1
std::optional<SpfTerm> read_directive(std::string_view text) {
  constexpr std::string_view qualifiers = "+-?~";
  constexpr std::array results{SpfResult::pass, SpfResult::fail, SpfResult::neutral, SpfResult::softfail};
  SpfTerm term;
  term.text = text;
  if (const auto qualifier = qualifiers.find(text.front()); qualifier != std::string_view::npos) {
    term.result = results[qualifier];
    text.remove_prefix(1);
  }
  const auto name = text.substr(0, text.find_first_of(":/"));
  const auto* const found =
      std::find_if(mechanism_names.begin(), mechanism_names.end(),
                   [name](const MechanismName& known) { return ascii_iequals(known.name, name); });
  if (found == mechanism_names.end()) return std::nullopt;
  term.mechanism = found->mechanism;
  if (!read_rest(text.substr(name.size()), term)) return std::nullopt;
  return term;
}

// The name of a modifier (name "=", §4.6.1); empty when the term is a directive.
std::string_view modifier_name(std::string_view text) {
  if (!is_ascii_alpha(text.front())) return {};
  const auto* const end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '_' || c == '.';
  });
  if (end == text.end() || *end != '=') return {};
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

class Reader {
 public:
  // False when the term is wrong.
  bool read(std::string_view term) {
    const auto name = modifier_name(term);
    if (!name.empty()) return read_modifier(name, term.substr(name.size() + 1));
    const auto directive = read_directive(term);
    if (!directive) return false;
    record.terms.push_back(*directive);
    return true;
  }

  SpfRecord record;

 private:
  // §6: redirect and exp at most once each; others are ignored wherever and however often they stand, if well
  // formed.
  bool read_modifier(std::string_view name, std::string_view value) {
    if (ascii_iequals(name, "redirect")) {
      if (!record.redirect.empty()) return false;
      record.redirect = value;
      return is_domain_spec(value);
    }
    if (ascii_iequals(name, "exp")) {
      if (explained_) return false;
      explained_ = true;
      return is_domain_spec(value);
    }
    return is_macro_string(value);
  }

  bool explained_ = false;
};

}  // namespace

bool is_spf_record(std::string_view txt) {
  return ascii_istarts_with(txt, version) && (txt.size() == version.size() || txt[version.size()] == ' ');
}

Result<SpfRecord> parse_spf_record(std::string_view txt) {
  Reader reader;
  txt.remove_prefix(version.size());
  while (!txt.empty()) {
    const auto end = txt.find(' ');
    const auto term = txt.substr(0, end);
    if (!term.empty() && !reader.read(term)) {
      return Error{ErrorKind::bad_input, "'" + shown(term) + "' is no term of SPF, or stands there twice"};
    }
    txt = end == std::string_view::npos ? std::string_view() : txt.substr(end + 1);
  }
  return std::move(reader.record);
}

std::string shown(std::string_view text) {
  return text.size() <= max_shown_octets ? printable_ascii(text)
                                         : printable_ascii(text.substr(0, max_shown_octets)) + "...";
}

}  // namespace portavoz
