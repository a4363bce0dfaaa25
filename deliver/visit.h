// One message at the door, on its way to the list manager: let in, kept aside, or told to wait.
//
//   a command (list+subscribe@)         handed over without any Portavoz- field, as a command and nothing
//   else a post with a good, unused seal     handed over once, without its seal any other post judged by the
//   gate's own decision (core/policy/decide.h) with the facts that
//                                       are left here: no login and no client, but DKIM. Proven: handed over
//                                       once
//   a post that the list has already    ends here, with a line in the log
//   a post that is not proven           kept on the shelf, for an admin
//   cannot know, cannot keep            waits in the mail server's queue
//
// Nothing is lost and nothing bounces: an unproven sender is never mailed, and what the list manager refuses
// for good is kept on the shelf too. Every post that carries proven signatures is remembered by their marks,
// here at once and in the register for the gates and the other doors. Threads: one message, one thread; the
// services are as safe as they say.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/config/settings.h"
#include "core/dkim/dkim.h"
#include "core/mail/message.h"
#include "core/policy/roll.h"
#include "core/seal/handover.h"
#include "core/seal/seal.h"

namespace portavoz {

// One message as the mail server brought it for one list.
struct Arrival {
  std::string list;       // canonical posting address
  std::string recipient;  // of the envelope
  // Of the envelope, before the mail server expanded aliases; empty when it does not say. Mail to it reaches
  // this list, so a post that names it in To is meant for the list, though nobody told the register of that
  // alias.
  std::string original_recipient;
  std::string sender;                     // of the envelope; empty or MAILER-DAEMON is the null sender
  std::string queue_id;                   // the same again when the mail server tries this delivery again
  std::vector<std::string> list_manager;  // its command, for the shelf; empty when it takes mail by LMTP
};

// What the list manager said to one message.
struct Handed {
  enum class Answer : std::uint8_t { taken, refused, later };
  Answer answer;
  std::string said;  // one clause, as "mlmmj-receive ended with exit 77: no such list"
};

// What all visits share; it outlives them.
struct DoorServices {
  const Settings& settings;
  const Roll& roll;
  // What the message's signatures by exactly these domains are worth.
  std::function<DkimFacts(const Message& message, const std::vector<std::string>& domains)> dkim;
  // Notes for the register which marks went to a list; never fails. Without a register the door's own memory
  // has them alone.
  std::function<void(const std::string& list, const std::vector<std::string>& marks)> posted =
      [](const auto&, const auto&) {};
  // Tells the register what was noted; for whoever has logged how the visit ended.
  std::function<void()> tell_register = [] {};
};

enum class Outcome : std::uint8_t {
  handed_over,  // the list manager has it
  repeated,     // the list manager had it before
  held,         // it is on the shelf
};

struct Delivered {
  Outcome outcome;
  std::string what;  // for the log
};

using ListManager = std::function<Handed(const std::string& message)>;

class Visit {
 public:
  Visit(const DoorServices& services, Arrival arrival, std::string_view octets, Envelope envelope,
        ListManager list_manager);

  // An error means: not now. The mail server keeps the message and tries again.
  [[nodiscard]] Result<Delivered> command(Instant now);
  [[nodiscard]] Result<Delivered> post(Instant now);

 private:
  struct Right;  // by which a post may go in

  [[nodiscard]] Result<GuardedList> list(Instant now) const;
  [[nodiscard]] Result<Delivered> sealed(const GuardedList& list, const Seal& seal, Instant now);
  [[nodiscard]] Result<Delivered> unsealed(const GuardedList& list, const std::string& reason, Instant now);
  [[nodiscard]] Result<Delivered> once(const Right& right, Instant now);
  [[nodiscard]] Result<Delivered> hand_over(const HandOver& envelope, const std::string& contact,
                                            Instant now);
  [[nodiscard]] Result<Delivered> hold(const std::string& reason, const std::string& detail,
                                       const std::string& contact, Instant now);
  [[nodiscard]] HandOver envelope() const;
  [[nodiscard]] std::string first_value(std::string_view name) const;

  const DoorServices& services_;
  Arrival arrival_;
  std::string_view octets_;
  Envelope envelope_;
  ListManager list_manager_;
  Message message_;
  std::string body_sha256_;
};

}  // namespace portavoz
