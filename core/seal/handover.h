// What the list manager gets to read. It must see the recipient and the sender that the door judged and
// nothing that says otherwise: mlmmj reads the address extension from Delivered-To, or from To and Cc, and
// takes a mail whose To names the list for a post, whatever recipient it came by (mlmmj 1.3.0; which of them
// counts depends on control/tocc).
//   - Return-Path, Delivered-To and X-Original-To are written anew from the envelope; all others of the kind
//   go.
//   - A post is delivered to the list's posting address, whatever extension or alias it came by.
//   - A command (list+subscribe@) gets one To, its recipient; Cc, Bcc and Resent- recipients go: it cannot
//   become a post.
//   - Seals go always; other Portavoz- fields stay only on a sealed post, where the gate wrote them. What the
//   door proved itself gets its own.
// By LMTP the envelope stands in the protocol, and nothing of the above is written for it.
// The header is written with LF line ends and without a bare CR inside; the body stays as it is.
// Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/message.h"

namespace portavoz {

enum class OwnFields : std::uint8_t { remove, keep };
enum class Envelope : std::uint8_t { in_fields, in_protocol };

struct HandOver {
  std::string list;       // canonical posting address
  std::string recipient;  // the envelope's, as the mail server gave it
  std::string sender;     // the envelope's; empty or MAILER-DAEMON (Postfix pipe(8)) is the null sender
  OwnFields own_fields = OwnFields::remove;
  Envelope envelope = Envelope::in_fields;
  std::vector<Field> for_readers = {};  // put on top, each above the one before it
};

[[nodiscard]] std::string message_for_list_manager(std::string_view octets, const HandOver& hand_over);

// The octets without a leading "From " line of mbox files, which pipe(8) writes with flags=F.
[[nodiscard]] std::string_view without_mbox_line(std::string_view octets);

}  // namespace portavoz
