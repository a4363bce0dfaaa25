// One LMTP connection as the server sees it (RFC 2033): octets come in, replies go out, and whoever stands
// behind it is asked about each recipient and given each message. It announces PIPELINING, 8BITMIME, SMTPUTF8
// and ENHANCEDSTATUSCODES, and answers for each recipient by itself.
//
// Bounded: commands of 4,096 octets, a hundred recipients a message, messages as the limit says. SIZE is not
// announced: a mail server would then bounce what is too large, to a sender that nobody proved. Errors:
// replies. Threads: one connection, one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lmtp/wire.h"

namespace portavoz {

struct LmtpMail {
  std::string sender;                   // without the angle brackets; empty is the null reverse-path
  std::vector<std::string> recipients;  // those that were taken, in order
  bool utf8 = false;                    // MAIL said SMTPUTF8 (RFC 6531 §3.4)
  std::string octets;                   // with LF line ends
};

// Who stands behind the server.
class LmtpDestination {
 public:
  virtual ~LmtpDestination() = default;
  // Whether this recipient's mail may come at all.
  [[nodiscard]] virtual LmtpReply recipient(const std::string& address) = 0;
  // A message came whole; deliver() follows for each of its recipients, in order.
  virtual void message(const LmtpMail& mail) = 0;
  [[nodiscard]] virtual LmtpReply deliver(const LmtpMail& mail, const std::string& recipient) = 0;
};

class LmtpSession {
 public:
  using Send = std::function<bool(std::string_view)>;  // false: the peer is gone

  LmtpSession(std::string host, std::size_t max_message_octets, LmtpDestination& destination);

  [[nodiscard]] std::string greeting() const;
  // Takes what came. False when the connection is to be closed.
  [[nodiscard]] bool take(std::string_view octets, const Send& send);

 private:
  [[nodiscard]] bool command(std::string_view line, const Send& send);
  [[nodiscard]] std::string answer(std::string_view line);
  [[nodiscard]] std::string hello(std::string_view name);
  [[nodiscard]] LmtpReply mail(std::string_view argument);
  [[nodiscard]] LmtpReply rcpt(std::string_view argument);
  [[nodiscard]] LmtpReply data();
  [[nodiscard]] bool delivered(const Send& send);

  std::string host_;
  std::size_t max_message_octets_;
  LmtpDestination& destination_;
  bool greeted_ = false;
  bool over_ = false;
  std::optional<LmtpMail> mail_;
  std::optional<LmtpData> data_;  // while a message comes
  std::string line_;              // what came of a command
};

}  // namespace portavoz
