#include "core/spf/spf.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/text.h"
#include "core/spf/macro.h"
#include "core/spf/record.h"

namespace portavoz {
namespace {

// RFC 7208 §4.6.4
constexpr int max_lookups = 10;
constexpr int max_void_lookups = 2;
constexpr std::size_t max_names = 10;  // of one mx or ptr

// Networks shorter than these are nobody's own.
constexpr unsigned wide_v4 = 8;
constexpr unsigned wide_v6 = 19;

// §5: an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is an IPv4 address.
IpAddress unmapped(const IpAddress& client) {
  constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const auto octets = client.octets();
  if (!client.is_v6() || !std::equal(prefix.begin(), prefix.end(), octets.begin())) return client;
  std::uint32_t host_order = 0;
  for (const auto octet : octets.last(4)) host_order = host_order << 8U | octet;
  return IpAddress::v4(host_order);
}

bool same_network(const IpAddress& a, const IpAddress& b, unsigned bits) {
  if (a.is_v6() != b.is_v6()) return false;
  const std::size_t whole = bits / 8;
  const unsigned rest = bits % 8;
  const auto first = a.octets();
  const auto second = b.octets();
  if (!std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(whole), second.begin()))
    return false;
  return rest == 0 || (first[whole] ^ second[whole]) >> (8 - rest) == 0;
}

// The client's octets, or nibbles, as %{i} wants them (§7.3).
std::vector<std::string> dotted_parts(const IpAddress& address) {
  std::vector<std::string> parts;
  for (const auto octet : address.octets()) {
    if (!address.is_v6()) {
      parts.push_back(std::to_string(octet));
      continue;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    parts.emplace_back(1, digits[octet >> 4U]);
    parts.emplace_back(1, digits[octet & 0xFU]);
  }
  return parts;
}

std::string zone_word(const IpAddress& address) { return address.is_v6() ? "ip6" : "in-addr"; }

std::string reverse_name(const IpAddress& address) {
  auto parts = dotted_parts(address);
  std::reverse(parts.begin(), parts.end());
  return join(parts, ".") + "." + zone_word(address) + ".arpa";
}

bool is_below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() && name[name.size() - domain.size() - 1] == '.' &&
         ascii_iequals(name.substr(name.size() - domain.size()), domain);
}

bool asks_dns(SpfMechanism mechanism) {
  return mechanism != SpfMechanism::all && mechanism != SpfMechanism::ip4 && mechanism != SpfMechanism::ip6;
}

// Whether a term matches, or ends the evaluation (§4.6.2).
struct Match {
  enum class Outcome : std::uint8_t { no, yes, temperror, permerror };
  Outcome outcome = Outcome::no;
  bool open = false;  // with yes: for anybody
  std::string why;    // with an error; with yes, what matched behind an include

  static Match yes(bool for_anybody) { return {Outcome::yes, for_anybody, {}}; }
  static Match temperror(std::string why) { return {Outcome::temperror, false, std::move(why)}; }
  static Match permerror(std::string why) { return {Outcome::permerror, false, std::move(why)}; }
};

SpfAnswer ended(SpfResult result, std::string why) {
  SpfAnswer answer;
  answer.result = result;
  answer.why = std::move(why);
  return answer;
}

std::string not_found_out(DnsType type, const std::string& name, const DnsAnswer& answer) {
  return std::string(word(type)) + " of " + shown(name) + " could not be looked up: " + answer.why();
}

// One call of check_host() with everything behind it. The count of look-ups is kept over all records, so that
// no include or redirect goes deeper than ten.
class Evaluation {
 public:
  Evaluation(const SpfQuestion& question, Dns& dns)
      : question_(question), client_(unmapped(question.client)), dns_(dns) {}

  SpfAnswer run() {
    SpfAnswer answer = check(question_.mail_from.domain());
    answer.lookups = lookups_;
    return answer;
  }

 private:
  SpfAnswer check(const std::string& domain);
  SpfAnswer evaluate(const SpfRecord& record, const std::string& domain);
  SpfAnswer redirect(std::string_view spec, const std::string& domain);

  Match try_term(const SpfTerm& term, const std::string& domain);
  Match try_dns_term(const SpfTerm& term, const std::string& domain);
  Match try_network(const SpfTerm& term) const;
  Match try_include(const SpfName& target);
  Match try_a(const SpfTerm& term, const SpfName& target);
  Match try_mx(const SpfTerm& term, const SpfName& target);
  Match try_ptr(const SpfName& target);
  Match try_exists(const SpfName& target);
  Match try_host(const SpfTerm& term, const std::string& host, bool of_client);

  bool count_lookup();
  DnsAnswer ask(const std::string& name, DnsType type);
  [[nodiscard]] DnsType address_type() const { return client_.is_v6() ? DnsType::aaaa : DnsType::a; }
  SpfName target_of(std::string_view spec, const std::string& domain);
  std::string macro_value(char letter, const std::string& domain);
  std::string client_name(const std::string& domain);
  const std::vector<std::string>& validated_names();
  bool is_validated(const std::string& name);

  const SpfQuestion& question_;
  IpAddress client_;
  Dns& dns_;
  int lookups_ = 0;
  int void_terms_ = 0;
  bool term_is_void_ = false;                      // the present term asked for something that is not there
  std::optional<std::vector<std::string>> names_;  // the client's validated names, once they were asked for
  bool names_void_ = false;                        // … and something was not there
};

// §4.6.4: past the limit nothing more is asked.
bool Evaluation::count_lookup() {
  if (lookups_ == max_lookups) return false;
  ++lookups_;
  return true;
}

DnsAnswer Evaluation::ask(const std::string& name, DnsType type) {
  DnsAnswer answer = dns_.ask(name, type);
  if (answer.absent()) term_is_void_ = true;
  return answer;
}

SpfAnswer Evaluation::check(const std::string& domain) {
  // §4.3: a domain that cannot be, or has one label only
  if (!is_askable(domain) || domain.find('.') == std::string::npos)
    return ended(SpfResult::none, "'" + shown(domain) + "' is no domain name");
  const DnsAnswer answer = dns_.ask(domain, DnsType::txt);
  if (answer.unavailable())  // §4.4
    return ended(SpfResult::temperror, not_found_out(DnsType::txt, domain, answer));
  const std::string* text = nullptr;
  if (answer.found()) {
    for (const auto& value : answer.value().values) {
      if (!is_spf_record(value)) continue;
      if (text != nullptr)  // §4.5
        return ended(SpfResult::permerror, shown(domain) + " has more than one record");
      text = &value;
    }
  }
  if (text == nullptr) return ended(SpfResult::none, shown(domain) + " has no record");
  const auto record = parse_spf_record(*text);
  if (!record)  // §4.6
    return ended(SpfResult::permerror, "the record of " + shown(domain) + ": " + record.error().what);
  return evaluate(*record, domain);
}

SpfAnswer Evaluation::evaluate(const SpfRecord& record, const std::string& domain) {
  for (const auto& term : record.terms) {
    const Match match = try_term(term, domain);
    switch (match.outcome) {
      case Match::Outcome::no: continue;
      case Match::Outcome::temperror: return ended(SpfResult::temperror, match.why);
      case Match::Outcome::permerror: return ended(SpfResult::permerror, match.why);
      case Match::Outcome::yes: break;
    }
    SpfAnswer answer = ended(term.result, shown(term.text) + " matched" + match.why);
    answer.mechanism = shown(term.text);
    answer.open = match.open && term.result == SpfResult::pass;
    return answer;
  }
  if (!record.redirect.empty()) return redirect(record.redirect, domain);
  return ended(SpfResult::neutral, "nothing in the record of " + shown(domain) + " matched");  // §4.7
}

// §6.1
SpfAnswer Evaluation::redirect(std::string_view spec, const std::string& domain) {
  if (!count_lookup()) return ended(SpfResult::permerror, "more than 10 look-ups");
  const SpfName target = target_of(spec, domain);
  SpfAnswer answer = target.state == SpfName::State::askable
                         ? check(target.text)
                         : ended(SpfResult::none, "redirect=" + shown(spec) + " names no domain");
  if (answer.result == SpfResult::none) answer.result = SpfResult::permerror;
  if (answer.result == SpfResult::pass && target.of_client) answer.open = true;
  return answer;
}

Match Evaluation::try_term(const SpfTerm& term, const std::string& domain) {
  if (term.mechanism == SpfMechanism::all) return Match::yes(true);
  if (!asks_dns(term.mechanism)) return try_network(term);
  if (!count_lookup()) return Match::permerror("more than 10 look-ups");
  return try_dns_term(term, domain);
}

Match Evaluation::try_dns_term(const SpfTerm& term, const std::string& domain) {
  const SpfName target = target_of(term.domain_spec, domain);
  // RFC 8616 §4: terms whose macros expand to an internationalised local part never match.
  if (target.state == SpfName::State::not_ascii) return {};
  if (term.mechanism == SpfMechanism::include) return try_include(target);
  // §4.8 leaves open what a name is that cannot be asked for; we take it for one that does not exist.
  if (target.state == SpfName::State::malformed) return {};
  term_is_void_ = false;
  Match match;
  if (term.mechanism == SpfMechanism::a) match = try_a(term, target);
  if (term.mechanism == SpfMechanism::mx) match = try_mx(term, target);
  if (term.mechanism == SpfMechanism::ptr) match = try_ptr(target);
  if (term.mechanism == SpfMechanism::exists) match = try_exists(target);
  // §4.6.4 limits the terms that ask in vain, not the questions: an `mx` whose three hosts have no IPv6 is
  // one.
  if (term_is_void_ && ++void_terms_ > max_void_lookups) return Match::permerror("more than 2 void look-ups");
  return match;
}

// §5.6
Match Evaluation::try_network(const SpfTerm& term) const {
  const bool v6 = term.mechanism == SpfMechanism::ip6;
  const unsigned bits = v6 ? term.bits6 : term.bits4;
  if (!term.network || !same_network(client_, *term.network, bits)) return {};
  return Match::yes(bits < (v6 ? wide_v6 : wide_v4));
}

// §5.2, its table
Match Evaluation::try_include(const SpfName& target) {
  const SpfAnswer inner = check(target.text);
  switch (inner.result) {
    case SpfResult::pass: {
      Match match = Match::yes(inner.open || target.of_client);
      match.why = " (" + inner.why + ")";
      return match;
    }
    case SpfResult::fail:
    case SpfResult::softfail:
    case SpfResult::neutral: return {};
    case SpfResult::temperror: return Match::temperror(inner.why);
    case SpfResult::permerror:
    case SpfResult::none: break;
  }
  return Match::permerror(inner.why);
}

// Whether the client is among the addresses of this host, or in their networks (§5).
Match Evaluation::try_host(const SpfTerm& term, const std::string& host, bool of_client) {
  const DnsAnswer answer = ask(host, address_type());
  if (answer.unavailable()) return Match::temperror(not_found_out(address_type(), host, answer));
  if (answer.absent()) return {};
  const unsigned bits = client_.is_v6() ? term.bits6 : term.bits4;
  const bool wide = bits < (client_.is_v6() ? wide_v6 : wide_v4);
  for (const auto& value : answer.value().values) {
    const auto address = IpAddress::parse(value);
    if (address && same_network(client_, *address, bits)) return Match::yes(wide || of_client);
  }
  return {};
}

// §5.3
Match Evaluation::try_a(const SpfTerm& term, const SpfName& target) {
  return try_host(term, target.text, target.of_client);
}

// §5.4. A host is looked up when those before it did not match; one that cannot be asked for has no address.
Match Evaluation::try_mx(const SpfTerm& term, const SpfName& target) {
  const DnsAnswer answer = ask(target.text, DnsType::mx);
  if (answer.unavailable()) return Match::temperror(not_found_out(DnsType::mx, target.text, answer));
  if (answer.absent()) return {};
  const auto& hosts = answer.value().values;
  if (hosts.size() > max_names)  // §4.6.4
    return Match::permerror(shown(target.text) + " has more than 10 MX records");
  for (const auto& host : hosts) {
    if (!is_askable(host)) continue;
    Match match = try_host(term, host, target.of_client);
    if (match.outcome != Match::Outcome::no) return match;
  }
  return {};
}

// §5.5. Below a top-level domain everybody has a name.
Match Evaluation::try_ptr(const SpfName& target) {
  const auto& names = validated_names();
  term_is_void_ = names_void_;
  const bool below = std::any_of(names.begin(), names.end(), [&target](const std::string& name) {
    return ascii_iequals(name, target.text) || is_below(name, target.text);
  });
  if (!below) return {};
  return Match::yes(target.of_client || target.text.find('.') == std::string::npos);
}

// §5.7: the type is A whatever the client's address is.
Match Evaluation::try_exists(const SpfName& target) {
  const DnsAnswer answer = ask(target.text, DnsType::a);
  if (answer.unavailable()) return Match::temperror(not_found_out(DnsType::a, target.text, answer));
  if (answer.absent()) return {};
  return Match::yes(target.of_client || !target.names_client);
}

SpfName Evaluation::target_of(std::string_view spec, const std::string& domain) {
  if (!spec.empty()) {
    return expand_domain_spec(spec, [&](char letter) { return macro_value(letter, domain); });
  }
  SpfName target;
  target.text = domain;
  return target;
}

// §7.2
std::string Evaluation::macro_value(char letter, const std::string& domain) {
  const MailAddress& sender = question_.mail_from;
  switch (letter) {
    case 's': return sender.local_part() + "@" + sender.domain();
    case 'l': return sender.local_part();
    case 'o': return sender.domain();
    case 'd': return domain;
    case 'i': return join(dotted_parts(client_), ".");
    case 'p': return client_name(domain);
    case 'v': return zone_word(client_);
    default: return question_.helo;  // h
  }
}

// §7.3: the domain itself, else a name below it, else any
std::string Evaluation::client_name(const std::string& domain) {
  const auto& names = validated_names();
  if (names.empty()) return "unknown";
  const auto itself = std::find_if(names.begin(), names.end(),
                                   [&](const std::string& name) { return ascii_iequals(name, domain); });
  if (itself != names.end()) return *itself;
  const auto below = std::find_if(names.begin(), names.end(),
                                  [&](const std::string& name) { return is_below(name, domain); });
  return below != names.end() ? *below : names.front();
}

// §5.5: the names that the client's address has and that have that address. Errors of the DNS are no names.
// Asked for once: the answer is the same for every term.
const std::vector<std::string>& Evaluation::validated_names() {
  if (names_) return *names_;
  names_.emplace();
  const DnsAnswer answer = dns_.ask(reverse_name(client_), DnsType::ptr);
  names_void_ = answer.absent();
  if (!answer.found()) return *names_;
  const auto& values = answer.value().values;
  for (std::size_t i = 0; i < std::min(values.size(), max_names); ++i) {  // §4.6.4: the rest is ignored
    if (is_validated(values[i])) names_->push_back(values[i]);
  }
  return *names_;
}

bool Evaluation::is_validated(const std::string& name) {
  if (!is_askable(name)) return false;
  const DnsAnswer answer = dns_.ask(name, address_type());
  if (answer.absent()) names_void_ = true;
  if (!answer.found()) return false;
  const auto& values = answer.value().values;
  return std::any_of(values.begin(), values.end(), [this](const std::string& value) {
    const auto address = IpAddress::parse(value);
    return address && *address == client_;
  });
}

}  // namespace

std::string_view word(SpfResult result) {
  switch (result) {
    case SpfResult::none: return "none";
    case SpfResult::neutral: return "neutral";
    case SpfResult::pass: return "pass";
    case SpfResult::fail: return "fail";
    case SpfResult::softfail: return "softfail";
    case SpfResult::temperror: return "temperror";
    case SpfResult::permerror: return "permerror";
  }
  return "";
}

SpfAnswer check_host(const SpfQuestion& question, Dns& dns) { return Evaluation(question, dns).run(); }

}  // namespace portavoz
