#include "deliver/lmtp_door.h"

#include <array>
#include <atomic>
#include <exception>
#include <thread>

#include <sysexits.h>
#include <unistd.h>

#include "adapters/lmtp/client.h"
#include "adapters/lmtp/server.h"
#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/os/service.h"
#include "adapters/os/signals.h"
#include "adapters/yaml/settings_file.h"
#include "core/base/text.h"
#include "core/config/reload.h"
#include "deliver/door_log.h"
#include "deliver/door_parts.h"

namespace portavoz {
namespace {

using Kind = LmtpRecipient::Kind;

const LmtpReply try_later{451, "4.3.0 the door cannot decide now, it says why in its log; try again"};

Handed handed(const Result<LmtpReply>& answer, const std::string& where) {
  if (!answer) return {Handed::Answer::later, answer.error().what};
  if (answer->good()) return {Handed::Answer::taken, ""};
  return {answer->permanent() ? Handed::Answer::refused : Handed::Answer::later,
          "the list manager at " + where + " answered " + std::to_string(answer->code) + " " +
              printable_ascii(answer->text)};
}

LmtpReply reply_of(const Delivered& delivered) {
  switch (delivered.outcome) {
    case Outcome::handed_over: return {250, "2.0.0 the list manager took it"};
    case Outcome::repeated: return {250, "2.0.0 the list manager had it already"};
    case Outcome::held: break;
  }
  return {250, "2.0.0 kept aside for the admins"};
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

int did_not_start(const Error& error) {
  log_fatal(error.what);
  return error.kind == ErrorKind::bad_input ? EX_CONFIG : EX_UNAVAILABLE;
}

// The settings of a door by LMTP.
Result<Settings> load(const std::string& config) {
  auto settings = load_settings(config);
  if (settings && (settings->door.lmtp_listen.empty() || settings->door.lmtp_next_hop.empty()))
    return Error{ErrorKind::bad_input,
                 config + ": --lmtp needs door.lmtp_listen and door.lmtp_next_hop; set both"};
  return settings;
}

void tell_what_is_in_force(const Settings& settings) {
  if (settings.testing.in_force())
    log_warning(
        "TESTING: the block testing: is in force; this door believes what no door in service may believe");
  log_info("listening on " + settings.door.lmtp_listen + ", hands on to " + settings.door.lmtp_next_hop);
}

// Puts the configuration as it stands now in force, from the next message on.
Result<void> reload(const std::string& config, Present<DoorParts>& present) {
  auto settings = load(config);
  if (!settings) return settings.error();
  if (auto allowed = may_replace(Service::door, present.get()->services().settings, *settings); !allowed)
    return allowed;
  auto next = DoorParts::open(std::move(*settings));
  if (!next) return next.error();
  tell_what_is_in_force((*next)->services().settings);
  present.put(std::move(*next));
  return {};
}

}  // namespace

LmtpReply LmtpDoor::recipient(const std::string& address) {
  const auto parts = present_.get();
  const DoorServices& now_in_force = parts->services();
  const LmtpRecipient to =
      lmtp_recipient(address, now_in_force.roll, now_in_force.settings.gate.always_guard);
  if (to.kind == Kind::no_address) return {550, "5.1.3 this is no address"};
  if (to.kind != Kind::unknown) return {250, "2.1.5 ok"};
  log_warning("mail for " + address + " waits: " + to.why);
  return try_later;
}

void LmtpDoor::message(const LmtpMail& mail) {
  parts_ = present_.get();
  queue_id_ = lmtp_queue_id(mail.octets);
  away_.clear();
}

LmtpReply LmtpDoor::deliver(const LmtpMail& mail, const std::string& recipient) {
  const std::string who = queue_id_ + " to " + recipient;
  if (closing_) return {451, "4.3.2 the door closes, come again"};
  try {
    return deliver_or_wait(mail, recipient, who);
  } catch (const std::exception& bug) {
    log_error(who + ": our own mistake, the message waits in the queue: " + bug.what());
  } catch (...) {
    log_error(who + ": our own mistake, the message waits in the queue");
  }
  return try_later;
}

LmtpReply LmtpDoor::deliver_or_wait(const LmtpMail& mail, const std::string& recipient,
                                    const std::string& who) {
  const LmtpRecipient to =
      lmtp_recipient(recipient, parts_->services().roll, parts_->services().settings.gate.always_guard);
  if (to.kind == Kind::other) {
    const auto answer = hand_on(mail, to.next_hop, mail.octets);
    if (answer) return *answer;
    log_waiting(who, answer.error());
    return try_later;
  }
  const auto delivered = visit(mail, recipient, to);
  if (!delivered) {
    log_waiting(who, delivered.error());
    return try_later;
  }
  log_delivered(who, *delivered);
  if (delivered->outcome == Outcome::handed_over) parts_->services().tell_register();
  return reply_of(*delivered);
}

Result<Delivered> LmtpDoor::visit(const LmtpMail& mail, const std::string& recipient,
                                  const LmtpRecipient& to) {
  // It was known when the recipient was taken, and the roll may have gone since.
  if (to.list.empty()) return Error{ErrorKind::unavailable, to.why};
  Visit visit(parts_->services(), {to.list, recipient, {}, mail.sender, queue_id_, {}}, mail.octets,
              Envelope::in_protocol, [&](const std::string& message) {
                return handed(hand_on(mail, to.next_hop, message),
                              parts_->services().settings.door.lmtp_next_hop);
              });
  return to.kind == Kind::command ? visit.command(now()) : visit.post(now());
}

Result<LmtpReply> LmtpDoor::hand_on(const LmtpMail& mail, const std::string& recipient,
                                    const std::string& message) {
  if (!away_.empty()) return Error{ErrorKind::unavailable, away_};
  auto answer = lmtp_hand_over(parts_->services().settings.door.lmtp_next_hop,
                               {mail.sender, recipient, mail.utf8}, message);
  if (!answer) away_ = answer.error().what;
  return answer;
}

int serve_lmtp(const std::string& config) {
  auto settings = load(config);
  if (!settings) return did_not_start(settings.error());
  const Settings::Door door = settings->door;
  const std::string run = settings->run;
  auto parts = DoorParts::open(std::move(*settings));
  if (!parts) return did_not_start(parts.error());
  Present<DoorParts> present(std::move(*parts));
  std::atomic<bool> closing = false;
  const auto server = LmtpServer::open(
      door.lmtp_listen, host_name(), {}, [&] { return std::make_unique<LmtpDoor>(present, closing); },
      [](const std::string& what) { log_warning(what); });
  if (!server) return did_not_start(server.error());
  tell_what_is_in_force(present.get()->services().settings);
  RunningService service(Service::door, run);
  std::thread listener([&] {
    (*server)->serve();
    request_stop();
  });
  service.until_stopped([&] { return reload(config, present); });
  closing = true;
  (*server)->stop();
  listener.join();
  return EX_OK;
}

}  // namespace portavoz
