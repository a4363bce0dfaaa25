// The mailboxes of a To or Cc field: to whom a message says it is addressed (RFC 5322 §3.4 address-list,
// groups opened, with the empty elements of §4.4 obs-addr-list). Display names and comments are no addresses,
// whatever they look like.
//
// A field that does not follow the grammar to its end gives nothing at all: where the reading broke off, two
// programs could take up the rest differently. What follows the grammar and is no MailAddress (a domain
// literal, a host without a domain, an address behind a route) is left out, and the rest is kept. Time is
// linear in the length of the field. Threads: pure.
#pragma once

#include <string_view>
#include <vector>

#include "core/mail/address.h"

namespace portavoz {

// `value` is the field's body as it stood in the message, folds included (LF or CRLF before white space). The
// addresses stand in the order of the field, repetitions too.
[[nodiscard]] std::vector<MailAddress> addresses_in(std::string_view value);

}  // namespace portavoz
