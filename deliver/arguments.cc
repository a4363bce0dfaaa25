#include "deliver/arguments.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/mail/address.h"

namespace portavoz {
namespace {

struct Option {
  std::string_view name;
  std::string Delivery::*member;
};

constexpr std::array options = {
    Option{"--config", &Delivery::config},
    Option{"--list", &Delivery::list},
    Option{"--recipient", &Delivery::recipient},
    Option{"--original-recipient", &Delivery::original_recipient},
    Option{"--sender", &Delivery::sender},
    Option{"--queue-id", &Delivery::queue_id},
};

Error wrong(const std::string& what) {
  return {ErrorKind::bad_input,
          what + "; correct the argv of this service in master.cf (see portavoz-deliver --help)"};
}

// RFC 5321 leaves the form of queue ids to each server; the memory and the log want one printable word.
bool is_queue_id(std::string_view id) {
  return !id.empty() && id.size() <= 100 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<std::variant<Delivery, LmtpService>> checked(Delivery delivery) {
  const auto list = MailAddress::parse(delivery.list);
  if (!list) return wrong("--list \"" + delivery.list + "\" is no address: " + list.error().what);
  delivery.list = list->text();
  if (delivery.recipient.empty()) return wrong("--recipient is missing");
  if (!is_queue_id(delivery.queue_id)) return wrong("--queue-id is missing or no queue id");
  if (delivery.list_manager.empty()) return wrong("the list manager's command after -- is missing");
  return std::variant<Delivery, LmtpService>(std::move(delivery));
}

}  // namespace

Result<std::variant<Delivery, LmtpService>> parse_arguments(const std::vector<std::string>& arguments) {
  Delivery delivery;
  bool lmtp = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      if (lmtp) return wrong("--lmtp takes no list manager's command");
      delivery.list_manager.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      return checked(std::move(delivery));
    }
    if (arguments[i] == "--lmtp") {
      lmtp = true;
      continue;
    }
    const auto* const option = std::find_if(options.begin(), options.end(),
                                            [&](const Option& one) { return one.name == arguments[i]; });
    if (option == options.end()) return wrong("there is no option " + arguments[i]);
    if (i + 1 == arguments.size()) return wrong(arguments[i] + " has no value");
    delivery.*(option->member) = arguments[++i];
  }
  if (!lmtp) return checked(std::move(delivery));
  if (!delivery.list.empty() || !delivery.recipient.empty() || !delivery.sender.empty() ||
      !delivery.queue_id.empty())
    return wrong("--lmtp goes with --config alone");
  return std::variant<Delivery, LmtpService>(LmtpService{delivery.config});
}

}  // namespace portavoz
