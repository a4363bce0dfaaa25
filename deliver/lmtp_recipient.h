// Whose mail a recipient of the LMTP door is: a post to a guarded list, a command to its list manager, or
// other mail. It reads recipients as Mailman 3 does: what follows a "+" is no part of the list's name,
// whatever it says, so avisos+subscribe@ is a post; commands are avisos-subscribe@, avisos-confirm+TOKEN@ and
// the like. Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/address.h"
#include "core/policy/roll.h"

namespace portavoz {

struct LmtpRecipient {
  enum class Kind : std::uint8_t {
    post,        // to the guarded list `list`
    command,     // to the list manager of `list`
    other,       // of no guarded list: none of our business
    no_address,  // nobody can say what the list manager would make of it
    unknown,     // no roll, or it may be a guarded list that the roll does not know by this address
  };
  Kind kind = Kind::unknown;
  std::string list;      // canonical posting address, for post and command
  std::string next_hop;  // the recipient to name to the list manager; for the first three kinds
  std::string why;       // one clause for the last two
};

// `always`: what the configuration guards even while the roll does not know it.
[[nodiscard]] LmtpRecipient lmtp_recipient(const std::string& recipient, const Roll& roll,
                                           const std::vector<MailAddress>& always);

// What the mail server calls the delivery of this message: the same whenever it tries again, and another for
// every other message. LMTP does not say it, so it is taken from what our own server wrote on top: the id in
// the topmost Received field (RFC 5321 §4.4), for people, and 16 hexadecimal digits of a hash of that field.
// A message without one is known by all of its octets.
[[nodiscard]] std::string lmtp_queue_id(std::string_view octets);

}  // namespace portavoz
