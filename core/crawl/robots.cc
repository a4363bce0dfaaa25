#include "core/crawl/robots.h"

#include <algorithm>
#include <optional>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::size_t most_octets = std::size_t{500} << 10U;  // RFC 9309 §2.5
constexpr std::size_t longest_pattern = 2048;
constexpr std::size_t most_rules = 10'000;
// Of comparing octets, for all rules together: some hundredths of a second. Honest files need thousands; 500
// KiB of stars in front of what almost matches would need thousands of millions.
constexpr std::size_t most_steps = 20'000'000;

bool needs_no_escape(unsigned char c) {
  return is_ascii_alpha(static_cast<char>(c)) || is_ascii_digit(static_cast<char>(c)) || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string escaped(unsigned char c) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  return {'%', digits[c >> 4U], digits[c & 15U]};
}

// RFC 9309 §2.2.2: octets outside of ASCII are percent-encoded before comparing, and what needs no encoding
// is not.
std::string normal(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto octet = c == '%' && i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (octet) {
      const auto meant = static_cast<unsigned char>(octet->front());
      out += needs_no_escape(meant) ? std::string(1, static_cast<char>(meant)) : escaped(meant);
      i += 2;
    } else {
      out += c > 0x20 && c < 0x7F ? std::string(1, static_cast<char>(c)) : escaped(c);
    }
  }
  return out;
}

// Linear in practice and never more than pattern × target: after a mismatch only the last star moves. Takes
// its steps off `left`; with none left the answer says nothing.
bool matches(std::string_view pattern, std::string_view target, std::size_t& left) {
  const bool to_the_end = pattern.ends_with('$');
  if (to_the_end) pattern.remove_suffix(1);
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t retry = 0;
  for (; left > 0; --left) {
    if (p == pattern.size() && (!to_the_end || t == target.size())) return true;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && t < target.size() && pattern[p] == target[t]) {
      ++p;
      ++t;
    } else if (star && retry < target.size()) {
      p = *star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return false;
}

// The product token that starts a User-agent value: letters, '-' and '_' (§2.2.1).
std::string_view token_in(std::string_view value) {
  const auto* const end = std::find_if_not(value.begin(), value.end(),
                                           [](char c) { return is_ascii_alpha(c) || c == '-' || c == '_'; });
  return value.substr(0, static_cast<std::size_t>(end - value.begin()));
}

std::optional<Millis> delay_in(std::string_view value) {
  const auto dot = std::min(value.find('.'), value.size());
  const auto seconds = parse_decimal(value.substr(0, dot));
  if (!seconds) return std::nullopt;
  const bool more = dot < value.size();  // a part of a second is a second
  const auto most = static_cast<std::uint64_t>(longest_crawl_delay.count() / 1000);
  return std::min(Millis(Seconds(std::min(*seconds, most) + (more ? 1 : 0))), longest_crawl_delay);
}

struct Line {
  std::string key;  // lower case; empty for what is no field
  std::string_view value;
};

Line line_of(std::string_view text) {
  text = trim(text.substr(0, text.find('#')));
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  return {ascii_lower(trim(text.substr(0, colon))), trim(text.substr(colon + 1))};
}

// Hands out the lines one by one; CR, LF and CRLF end them (§2.2).
template <typename Use>
void each_line(std::string_view octets, Use use) {
  while (!octets.empty()) {
    const auto end = std::min(octets.find_first_of("\r\n"), octets.size());
    use(line_of(octets.substr(0, end)));
    octets.remove_prefix(std::min(end + 1, octets.size()));
  }
}

}  // namespace

Robots Robots::parse(std::string_view octets, std::string_view token) {
  if (octets.size() > most_octets)  // a part of a line may say more than the line
    octets = octets.substr(0, octets.find_last_of("\r\n", most_octets) + 1);
  if (octets.starts_with("\xEF\xBB\xBF")) octets.remove_prefix(3);
  Robots own;
  Robots others;
  bool own_exists = false;
  bool in_own = false;
  bool in_others = false;
  bool heading = false;  // the line before named a user agent, too: they share the group
  each_line(octets, [&](const Line& line) {
    if (line.key == "user-agent") {
      if (!heading) in_own = in_others = false;
      heading = true;
      if (line.value == "*") in_others = true;
      if (ascii_iequals(token_in(line.value), token)) own_exists = in_own = true;
      return;
    }
    const bool is_rule = line.key == "allow" || line.key == "disallow";
    const auto delay = line.key == "crawl-delay" ? delay_in(line.value) : std::nullopt;
    if (is_rule || line.key == "crawl-delay") heading = false;
    const auto add = [&](Robots& to) {
      if (delay) to.crawl_delay_ = std::max(to.crawl_delay_, *delay);
      if (is_rule && !line.value.empty() && line.value.size() <= longest_pattern &&
          to.rules_.size() < most_rules)
        to.rules_.push_back({normal(line.value), line.key == "allow"});
    };
    if (in_own) add(own);
    if (in_others) add(others);
  });
  return own_exists ? own : others;
}

bool Robots::allows(std::string_view target) const {
  const std::string wanted = normal(target);
  if (wanted == "/robots.txt") return true;  // §2.2.2
  std::size_t left = most_steps;
  const Rule* best = nullptr;
  for (const Rule& rule : rules_) {
    if (best != nullptr && (rule.pattern.size() < best->pattern.size() ||
                            (rule.pattern.size() == best->pattern.size() && !rule.allow)))
      continue;
    if (matches(rule.pattern, wanted, left)) best = &rule;
    if (left == 0) return false;
  }
  return best == nullptr || best->allow;
}

std::size_t Robots::octets() const {
  std::size_t sum = sizeof *this;
  for (const Rule& rule : rules_) sum += sizeof rule + rule.pattern.size();
  return sum;
}

std::string robots_url(const Url& page) {
  const std::string text = page.text();
  return text.substr(0, text.size() - page.target().size()) + "/robots.txt";
}

SiteRules site_rules(const FetchResult& fetched) {
  switch (fetched.outcome) {
    case FetchOutcome::ok: return {Robots::parse(fetched.body), FetchOutcome::ok, {}};
    case FetchOutcome::no_content:
    case FetchOutcome::wrong_type: return {};  // whatever it is, it holds no rules
    case FetchOutcome::retry_later: return {{}, FetchOutcome::retry_later, "asked for its robots.txt"};
    case FetchOutcome::http_error:
      if (fetched.http_status >= 400 && fetched.http_status <= 499) return {};  // §2.3.1.3
      break;
    case FetchOutcome::too_many_redirects: return {};  // §2.3.1.2
    default: break;
  }
  const std::string why =
      std::string(outcome_word(fetched.outcome)) + (fetched.detail.empty() ? "" : ": " + fetched.detail);
  if (fetched.http_status == 0) return {{}, fetched.outcome, fetched.detail};
  return {{}, FetchOutcome::robots_unreachable, why};  // §2.3.1.4
}

}  // namespace portavoz
