#include "deliver/lmtp_door.h"

#include <array>
#include <exception>
#include <thread>

#include <sysexits.h>
#include <unistd.h>

#include "adapters/lmtp/client.h"
#include "adapters/lmtp/server.h"
#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/os/signals.h"
#include "adapters/yaml/settings_file.h"
#include "core/base/text.h"
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

int serve_until_stopped(LmtpServer& server) {
  std::thread listener([&] {
    server.serve();
    request_stop();
  });
  while (wait_for_signal() == Signal::reload)
    log_warning("SIGHUP: the door reads its configuration only when it starts; restart it to take a new one");
  server.stop();
  listener.join();
  return EX_OK;
}

}  // namespace

LmtpReply LmtpDoor::recipient(const std::string& address) {
  const LmtpRecipient to = lmtp_recipient(address, services_.roll, services_.settings.gate.always_guard);
  if (to.kind == Kind::no_address) return {550, "5.1.3 this is no address"};
  if (to.kind != Kind::unknown) return {250, "2.1.5 ok"};
  log_warning("mail for " + address + " waits: " + to.why);
  return try_later;
}

void LmtpDoor::message(const LmtpMail& mail) {
  queue_id_ = lmtp_queue_id(mail.octets);
  away_.clear();
}

LmtpReply LmtpDoor::deliver(const LmtpMail& mail, const std::string& recipient) {
  const std::string who = queue_id_ + " to " + recipient;
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
  const LmtpRecipient to = lmtp_recipient(recipient, services_.roll, services_.settings.gate.always_guard);
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
  if (delivered->outcome == Outcome::handed_over) services_.tell_register();
  return reply_of(*delivered);
}

Result<Delivered> LmtpDoor::visit(const LmtpMail& mail, const std::string& recipient,
                                  const LmtpRecipient& to) {
  // It was known when the recipient was taken, and the roll may have gone since.
  if (to.list.empty()) return Error{ErrorKind::unavailable, to.why};
  Visit visit(services_, {to.list, recipient, {}, mail.sender, queue_id_, {}}, mail.octets,
              Envelope::in_protocol, [&](const std::string& message) {
                return handed(hand_on(mail, to.next_hop, message), services_.settings.door.lmtp_next_hop);
              });
  return to.kind == Kind::command ? visit.command(now()) : visit.post(now());
}

Result<LmtpReply> LmtpDoor::hand_on(const LmtpMail& mail, const std::string& recipient,
                                    const std::string& message) {
  if (!away_.empty()) return Error{ErrorKind::unavailable, away_};
  auto answer =
      lmtp_hand_over(services_.settings.door.lmtp_next_hop, {mail.sender, recipient, mail.utf8}, message);
  if (!answer) away_ = answer.error().what;
  return answer;
}

int serve_lmtp(const std::string& config) {
  const auto settings = load_settings(config);
  if (!settings) return did_not_start(settings.error());
  const Settings::Door& door = settings->door;
  if (door.lmtp_listen.empty() || door.lmtp_next_hop.empty())
    return did_not_start(
        {ErrorKind::bad_input, config + ": --lmtp needs door.lmtp_listen and door.lmtp_next_hop; set both"});
  const auto parts = DoorParts::open(*settings);
  if (!parts) return did_not_start(parts.error());
  const auto server = LmtpServer::open(
      door.lmtp_listen, host_name(), {}, [&] { return std::make_unique<LmtpDoor>((*parts)->services()); },
      [](const std::string& what) { log_warning(what); });
  if (!server) return did_not_start(server.error());
  if (settings->testing.in_force())
    log_warning(
        "TESTING: the block testing: is in force; this door believes what no door in service may believe");
  log_info("listening on " + door.lmtp_listen + ", hands on to " + door.lmtp_next_hop);
  return serve_until_stopped(**server);
}

}  // namespace portavoz
