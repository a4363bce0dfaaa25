// The door for a list manager that takes mail by LMTP (Mailman 3): stands between the mail server's LMTP
// client and the list manager's LMTP server, and answers for each recipient by itself.
//
//   a post to a guarded list     visits the door like any other (deliver/visit.h); goes on to the posting
//   address a command to a guarded list  goes on without any Portavoz- field other mail goes on as it is, and
//   the list manager's answer goes back as it is cannot know                  451: the mail server tries
//   again
//
// What the list manager refuses for good is kept on the shelf and answered 250, except other mail. A message
// is handled with the configuration that held when it had come whole. Threads: one connection, one thread;
// what it works with is shared.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/base/present.h"
#include "core/lmtp/session.h"
#include "deliver/door_parts.h"
#include "deliver/lmtp_recipient.h"
#include "deliver/visit.h"

namespace portavoz {

class LmtpDoor final : public LmtpDestination {
 public:
  // `closing`: the door ends; what it has not begun to hand over is answered 451.
  LmtpDoor(const Present<DoorParts>& present, const std::atomic<bool>& closing)
      : present_(present), closing_(closing), parts_(present.get()) {}

  [[nodiscard]] LmtpReply recipient(const std::string& address) override;
  void message(const LmtpMail& mail) override;
  [[nodiscard]] LmtpReply deliver(const LmtpMail& mail, const std::string& recipient) override;

 private:
  [[nodiscard]] LmtpReply deliver_or_wait(const LmtpMail& mail, const std::string& recipient,
                                          const std::string& who);
  [[nodiscard]] Result<LmtpReply> hand_on(const LmtpMail& mail, const std::string& recipient,
                                          const std::string& message);
  [[nodiscard]] Result<Delivered> visit(const LmtpMail& mail, const std::string& recipient,
                                        const LmtpRecipient& to);

  const Present<DoorParts>& present_;
  const std::atomic<bool>& closing_;
  std::shared_ptr<const DoorParts> parts_;  // of the message that is being delivered
  std::string queue_id_;                    // of the message that is being delivered
  std::string away_;  // why its list manager cannot be reached; then it is not tried for the other recipients
};

// Serves until SIGTERM; the exit status of the program.
[[nodiscard]] int serve_lmtp(const std::string& config);

}  // namespace portavoz
