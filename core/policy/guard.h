// Which recipients are guarded: a list's posting address or alias in any spelling, or a list with an address
// extension that is not one of the list manager's commands (news+subscribe@ stays open, news+anything@ does
// not).
//
// The recipient is what the mail server resolved ({rcpt_addr}), never the text of RCPT TO: "news"@,
// news@lists. and the bang path all reach the list. An address behind an alias or a canonical map is not seen
// here; the door is. Threads: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/address.h"
#include "core/policy/roll.h"

namespace portavoz {

// One RCPT TO as the milter protocol gives it.
struct Recipient {
  std::string argument;  // the text of RCPT TO, angle brackets and all
  std::optional<std::string>
      rcpt_addr;  // the macro {rcpt_addr}; nothing when the mail server did not send it
};

struct GuardHit {
  std::optional<GuardedList> list;  // nothing: guarded, but the roll cannot say which list it is
  std::string address;      // the posting address, or the recipient itself where the list is not known
  bool roll_loaded = true;  // false: there is no roll, only the configuration says that it is guarded
  friend bool operator==(const GuardHit& a, const GuardHit& b) { return a.address == b.address; }
};

// The hit, or nothing for a recipient that is none of ours. `always` are the addresses that the configuration
// guards even while there is no roll.
[[nodiscard]] std::optional<GuardHit> guarded(const Recipient& recipient, const Roll& roll,
                                              const std::vector<MailAddress>& always);

// Whether the extension (the part after '+') is a command of the list manager (mlmmj's and Mailman's words).
[[nodiscard]] bool is_command_extension(std::string_view extension);

// A recipient of the list manager's door: is it this list's command address (list+subscribe@…)? `list` is
// canonical.
[[nodiscard]] bool is_command_address(std::string_view recipient, std::string_view list);

}  // namespace portavoz
