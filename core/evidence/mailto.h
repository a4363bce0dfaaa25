// mailto: the addresses that a mailto URL writes to (RFC 6068): the path, and the hfields `to` and `cc`.
// Percent-decoded; several addresses are separated by commas (or, as some mail programs write them,
// semicolons). Lenient where browsers are: `mailto://`, blanks around, `Name <address>`. Only what parses as
// an address is given. Threads: safe from any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/mail/address.h"

namespace portavoz {

struct MailtoAddress {
  MailAddress address;
  std::string_view form;  // mailto; mailto_pct: percent-encoded; mailto_query: in the query, or with one
};

// Nothing when href is no mailto URL.
[[nodiscard]] std::vector<MailtoAddress> mailto_addresses(std::string_view href);

}  // namespace portavoz
