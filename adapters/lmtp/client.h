// Hands one message for one recipient to an LMTP server (RFC 2033): a connection of its own, every wait
// bounded. What the server answered to the message is a value, whatever it is; an error means that nobody
// knows: it is away, it broke off, it takes no mail now. Errors: unavailable, forbidden, bad_input (`where`
// is neither a path nor IP:port). Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/lmtp/wire.h"

namespace portavoz {

struct LmtpTimes {
  Millis connect{10'000};
  Millis reply{60'000};   // to each command
  Millis taken{120'000};  // from the message's last octet to the answer
};

struct LmtpEnvelope {
  std::string sender;  // empty is the null reverse-path
  std::string recipient;
  bool utf8 = false;  // the sender's server said SMTPUTF8
};

// `message` has LF line ends. The reply is the first one that is not good, or the last one.
[[nodiscard]] Result<LmtpReply> lmtp_hand_over(const std::string& where, const LmtpEnvelope& envelope,
                                               std::string_view message, const LmtpTimes& times = {});

}  // namespace portavoz
