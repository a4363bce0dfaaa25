#include "deliver/lmtp_recipient.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/mail/message.h"

namespace portavoz {
namespace {

// Mailman 3.3's subaddresses (mailman/runners/lmtp.py).
constexpr std::array<std::string_view, 8> commands{"bounces", "confirm", "join",      "leave",
                                                   "owner",   "request", "subscribe", "unsubscribe"};

using Kind = LmtpRecipient::Kind;

LmtpRecipient unknown(std::string why) { return {Kind::unknown, "", "", std::move(why)}; }

// The list at this address, or why nobody knows; nothing when there is none.
std::optional<LmtpRecipient> post_to(const std::string& address, const Roll& roll,
                                     const std::vector<MailAddress>& always) {
  const auto found = roll.list_at(address);
  if (found.unavailable()) return unknown(found.why());
  if (found.found())
    return LmtpRecipient{Kind::post, found.value().posting_address, found.value().posting_address, ""};
  if (std::any_of(always.begin(), always.end(),
                  [&](const MailAddress& one) { return one.text() == address; }))
    return unknown("the configuration guards " + address + ", and the roll has no such list");
  return std::nullopt;
}

std::optional<LmtpRecipient> command_of(const std::string& name, const std::string& extension,
                                        const std::string& domain, const Roll& roll) {
  const auto dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0) return std::nullopt;
  const std::string_view word = std::string_view(name).substr(dash + 1);
  if (std::find(commands.begin(), commands.end(), word) == commands.end()) return std::nullopt;
  const auto found = roll.list_at(name.substr(0, dash) + domain);
  if (found.unavailable()) return unknown(found.why());
  if (found.absent()) return std::nullopt;
  // The list manager need not know our list's aliases.
  const std::string& list = found.value().posting_address;
  const auto at = list.rfind('@');
  return LmtpRecipient{Kind::command, list,
                       list.substr(0, at) + name.substr(dash) + extension + list.substr(at), ""};
}

// Mailman may take one domain for another (alias_domain), and only Mailman knows.
LmtpRecipient another_domain(const std::string& address, const GuardedList& list) {
  return unknown("nobody can say whether the list manager takes " + address + " for the guarded list " +
                 list.posting_address + ": add it to that list as an alias, or route it past the door");
}

// The word after "id" in a Received field, or nothing.
std::string_view id_in(std::string_view received) {
  const auto at = received.find(" id ");
  if (at == std::string_view::npos) return {};
  received.remove_prefix(at + 4);
  return received.substr(0, received.find_first_of(" \t\r\n;"));
}

}  // namespace

LmtpRecipient lmtp_recipient(const std::string& recipient, const Roll& roll,
                             const std::vector<MailAddress>& always) {
  const auto parsed = MailAddress::parse(recipient);
  if (!parsed) return {Kind::no_address, "", "", parsed.error().what};
  const std::string address = parsed->text();
  // No list is called so, and whoever reads the quotes another way than we do might find a list in them.
  if (address.starts_with('"')) return {Kind::no_address, "", "", "its local part needs quotes"};
  if (auto post = post_to(address, roll, always)) return *post;
  const std::string& local = parsed->local_part();
  const std::string domain = "@" + parsed->domain();
  const auto plus = std::min(local.find('+'), local.size());
  const std::string name = local.substr(0, plus);
  if (plus > 0 && plus < local.size())
    if (auto post = post_to(name + domain, roll, always)) return *post;
  if (auto command = command_of(name, local.substr(plus), domain, roll)) return *command;
  if (const auto namesake = roll.list_with_local_part(name); !namesake.absent())
    return namesake.unavailable() ? unknown(namesake.why()) : another_domain(address, namesake.value());
  return {Kind::other, "", recipient, ""};
}

std::string lmtp_queue_id(std::string_view octets) {
  constexpr std::size_t digits = 16;
  constexpr std::size_t longest_id = 40;
  const Message message = split_message(octets);
  const auto received = field_values(message.fields, "Received");
  const std::string_view known_by = received.empty() ? octets : received.front();
  std::string id = printable_ascii(received.empty() ? "" : id_in(received.front())).substr(0, longest_id);
  std::replace(id.begin(), id.end(), ' ', '?');
  return (id.empty() ? "lmtp" : id) + "." + to_hex(sha256(known_by)).substr(0, digits);
}

}  // namespace portavoz
