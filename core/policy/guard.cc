#include "core/policy/guard.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace portavoz {
namespace {

// The address with its local part in lower case and without quotes where they are not needed; as it stands
// when it is no address (`news` alone, from servers that leave the domain away).
std::string canonical(std::string_view address) {
  const auto parsed = MailAddress::parse(address);
  return parsed ? parsed->text() : ascii_lower(address);
}

struct Split {
  std::string base;  // the address without its extension
  std::string extension;
};

std::optional<Split> split_extension(const std::string& address) {
  const auto at = std::min(address.rfind('@'), address.size());
  const auto plus = address.substr(0, at).find('+');
  if (plus == std::string::npos || plus == 0) return std::nullopt;
  return Split{address.substr(0, plus) + address.substr(at), address.substr(plus + 1, at - plus - 1)};
}

std::optional<GuardHit> hit_of(const Lookup<GuardedList>& found) {
  if (!found.found()) return std::nullopt;
  return GuardHit{found.value(), found.value().posting_address, true};
}

std::optional<GuardHit> in_roll(const std::string& address, const Roll& roll) {
  // Sendmail names a local list without its domain.
  if (address.find('@') == std::string::npos) return hit_of(roll.list_with_local_part(address));
  return hit_of(roll.list_at(address));
}

std::optional<GuardHit> by_configuration(const std::string& address, const Roll& roll,
                                         const std::vector<MailAddress>& always) {
  const bool listed = std::any_of(always.begin(), always.end(), [&](const MailAddress& guarded_address) {
    return address == guarded_address.text() || address == guarded_address.local_part();
  });
  if (!listed) return std::nullopt;
  return GuardHit{std::nullopt, address, roll.last_word().has_value()};
}

std::optional<GuardHit> whole_address(const std::string& address, const Roll& roll,
                                      const std::vector<MailAddress>& always) {
  auto hit = in_roll(address, roll);
  if (!hit) hit = by_configuration(address, roll, always);
  return hit;
}

// Without {rcpt_addr} the argument is all there is, and it may be written in ways that we do not know: what
// goes to a list's domain is guarded by a list that nobody can name, and is asked to come again.
std::optional<GuardHit> without_macro(std::string_view argument, const Roll& roll,
                                      const std::vector<MailAddress>& always) {
  auto domain = ascii_lower(argument.substr(std::min(argument.rfind('@') + 1, argument.size())));
  while (!domain.empty() && (domain.back() == '>' || domain.back() == '.' || domain.back() == ' '))
    domain.pop_back();
  const auto known = roll.has_list_in(domain);
  const bool ours =
      known.found() ? known.value() : std::any_of(always.begin(), always.end(), [&](const auto& address) {
        return address.domain() == domain;
      });
  if (!ours) return std::nullopt;
  return GuardHit{std::nullopt, printable_ascii(argument), roll.last_word().has_value()};
}

}  // namespace

bool is_command_extension(std::string_view extension) {
  static constexpr std::array exact{"subscribe",
                                    "subscribe-digest",
                                    "subscribe-nomail",
                                    "subscribe-both",
                                    "unsubscribe",
                                    "unsubscribe-digest",
                                    "unsubscribe-nomail",
                                    "help",
                                    "faq",
                                    "list",
                                    "owner",
                                    "request",
                                    "bounces",
                                    "join",
                                    "leave",
                                    "admin",
                                    "confirm"};
  // Commands that carry a cookie or a number behind a hyphen or a plus sign: mlmmj's confirmations and
  // moderation, Mailman's confirmations and its VERP bounces.
  static constexpr std::array with_argument{"confsub-",  "confunsub-", "permit-",  "obstruct-",
                                            "moderate-", "release-",   "reject-",  "bounces-",
                                            "bounces+",  "get-",       "confirm-", "confirm+"};
  const std::string lower = ascii_lower(extension);
  const auto is_word = [&](std::string_view command) { return lower == command; };
  const auto begins = [&](std::string_view command) {
    return lower.size() > command.size() && lower.compare(0, command.size(), command) == 0;
  };
  return std::any_of(exact.begin(), exact.end(), is_word) ||
         std::any_of(with_argument.begin(), with_argument.end(), begins);
}

bool is_command_address(std::string_view recipient, std::string_view list) {
  const auto split = split_extension(canonical(recipient));
  return split && split->base == list && is_command_extension(split->extension);
}

std::optional<GuardHit> guarded(const Recipient& recipient, const Roll& roll,
                                const std::vector<MailAddress>& always) {
  if (!recipient.rcpt_addr || recipient.rcpt_addr->empty())
    return without_macro(recipient.argument, roll, always);
  const std::string address = canonical(*recipient.rcpt_addr);
  if (auto hit = whole_address(address, roll, always)) return hit;
  const auto split = split_extension(address);
  if (!split || is_command_extension(split->extension)) return std::nullopt;
  return whole_address(split->base, roll, always);
}

}  // namespace portavoz
