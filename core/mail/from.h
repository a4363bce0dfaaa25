// The one mailbox of a From field: who a message says it is from. Parsed strictly by RFC 5322 §3.4 with RFC
// 6532's UTF-8, before any decoding: an encoded word is only ever part of a display name, and one in the
// address is refused (RFC 2047 §5).
//
//   from    = mailbox                       a list of two, an empty list and a group are refused
//   mailbox = [phrase] "<" addr-spec ">" / addr-spec        no obs-route
//   addr-spec = local-part "@" domain       no domain literal, no obs- forms with blanks between dots
//
// Comments and folding white space may stand wherever RFC 5322 lets them. What is left over, unclosed, or a
// control octet is refused: two programs that read the field differently must not both be right. Errors:
// bad_input with what is wrong, for the log and for `portavoz explain`. Threads: pure.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/mail/address.h"

namespace portavoz {

// `value` is the field's body as it stood in the message, folds included (LF or CRLF before white space).
[[nodiscard]] Result<MailAddress> parse_from(std::string_view value);

}  // namespace portavoz
