#include "admin/inputs.h"

#include <algorithm>
#include <cstdint>

#include "adapters/psl/public_suffix.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/net/url.h"
#include "core/registry/contact_state.h"
#include "core/registry/signing_domain.h"

namespace portavoz::admin {
namespace {

Result<std::string> signing_domain(std::string_view text, std::string_view what) {
  auto domain = portavoz::signing_domain(text, is_public_suffix);
  if (domain || domain.error().kind != ErrorKind::bad_input) return domain;
  return Error{ErrorKind::bad_input, std::string(what) + ": '" + printable_ascii(text) + "' " +
                                         domain.error().what + ", or --no-dkim."};
}

}  // namespace

Result<std::string> address(std::string_view text, std::string_view what) {
  const auto parsed = MailAddress::parse(text);
  if (parsed) return parsed->text();
  return Error{parsed.error().kind, std::string(what) + ": " + parsed.error().what};
}

Result<std::vector<std::string>> addresses(const std::vector<std::string>& texts, std::string_view what) {
  std::vector<std::string> out;
  for (const std::string& each : texts) {
    auto parsed = address(each, what);
    if (!parsed) return parsed.error();
    out.push_back(std::move(*parsed));
  }
  return out;
}

Result<std::string> page_url(std::string_view text) {
  const auto parsed = Url::parse(text);
  if (parsed) return parsed->text();
  return Error{ErrorKind::bad_input, parsed.error().what};
}

Result<std::string> number(std::string_view text, std::string_view thing) {
  const auto value = parse_decimal(text);
  if (value && *value > 0 && *value <= INT64_MAX) return std::to_string(*value);
  return Error{ErrorKind::bad_input, "'" + printable_ascii(text) + "' is no number of a " +
                                         std::string(thing) + ". `portavoz " + std::string(thing) +
                                         "s` shows the numbers."};
}

Result<std::vector<std::string>> signing_domains(const std::vector<std::string>& texts,
                                                 std::string_view what) {
  std::vector<std::string> out;
  for (const std::string& each : texts) {
    auto domain = signing_domain(each, what);
    if (!domain) return domain.error();
    if (std::find(out.begin(), out.end(), *domain) == out.end()) out.push_back(std::move(*domain));
  }
  if (out.size() > most_signing_domains)
    return Error{ErrorKind::bad_input, std::string(what) + ": at most " +
                                           std::to_string(most_signing_domains) +
                                           " domains may sign for a contact."};
  return out;
}

Result<Seconds> duration(std::string_view text, std::string_view what) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_decimal(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  const std::uint64_t seconds = unit == "s"   ? 1
                                : unit == "m" ? 60
                                : unit == "h" ? 3600
                                : unit == "d" ? 86400
                                              : 0;
  constexpr std::uint64_t a_year = 366 * 86400;
  if (count && *count > 0 && seconds > 0 && *count <= a_year / seconds) return Seconds(*count * seconds);
  return Error{ErrorKind::bad_input, std::string(what) + ": '" + printable_ascii(text) +
                                         "' is no time. Write a whole number and s, m, h or d, as in 10m."};
}

Result<std::string> state(std::string_view text) {
  if (parse_contact_state(text)) return std::string(text);
  std::string words;
  for (const ContactState each : contact_states())
    words.append(words.empty() ? "" : ", ").append(to_text(each));
  return Error{ErrorKind::bad_input,
               "'" + printable_ascii(text) + "' is no state of a contact. The states are: " + words + "."};
}

Result<std::vector<std::string>> languages(const std::vector<std::string>& tags,
                                           const std::vector<std::string>& known) {
  std::vector<std::string> out;
  for (const std::string& tag : tags) {
    if (std::find(known.begin(), known.end(), tag) == known.end()) {
      return Error{ErrorKind::bad_input, "'" + printable_ascii(tag) +
                                             "' is no language that Portavoz has wording for. Give one of: " +
                                             join(known, ", ") + "."};
    }
    if (std::find(out.begin(), out.end(), tag) == out.end()) out.push_back(tag);
  }
  return out;
}

}  // namespace portavoz::admin
