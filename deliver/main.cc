// portavoz-deliver: the second lock, at the list manager's door. The mail server runs it once a message, or,
// for a list manager that takes mail by LMTP, sends it messages by LMTP.
//
// Exit status: 0 when the message is in good hands (the list manager's or the shelf's), else 75
// (EX_TEMPFAIL): the mail server keeps it and tries again. A wrong configuration gives 75 as well: another
// code would make the server bounce mail to senders that nobody has proved.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <sysexits.h>
#include <unistd.h>

#include "adapters/os/clock.h"
#include "adapters/os/files.h"
#include "adapters/os/log.h"
#include "adapters/os/signals.h"
#include "adapters/yaml/settings_file.h"
#include "deliver/arguments.h"
#include "deliver/door_log.h"
#include "deliver/door_parts.h"
#include "deliver/lmtp_door.h"
#include "deliver/pipe_door.h"

namespace portavoz {
namespace {

constexpr std::uint64_t max_message_bytes = std::uint64_t{64} << 20;

constexpr const char* help_text =
    "portavoz-deliver - lets proven posts through to the list manager and keeps the others aside\n\n"
    "For a list manager that is a command it is run by the mail server, once a message, with the message on\n"
    "stdin. In Postfix's master.cf:\n\n"
    "  avisos unix - n n - - pipe\n"
    "    user=mlmmj argv=/usr/bin/portavoz-deliver --config /etc/portavoz/portavoz.yaml\n"
    "    --list avisos@listas.example --recipient ${recipient}\n"
    "    --original-recipient ${original_recipient} --sender ${sender} --queue-id ${queue_id}\n"
    "    -- /usr/bin/mlmmj-receive -F -L /var/spool/mlmmj/avisos\n\n"
    "  with avisos_destination_recipient_limit = 1 in main.cf. No flags= are needed; never . or >, which "
    "change the\n"
    "  body that was sealed.\n\n"
    "  --config FILE       the settings (default /etc/portavoz/portavoz.yaml)\n"
    "  --list ADDRESS      the list's posting address\n"
    "  --recipient ADDRESS, --sender ADDRESS, --queue-id ID   the envelope, as the mail server has it\n"
    "  --original-recipient ADDRESS   the recipient before aliases: a post may name it in To instead of the "
    "list\n"
    "  -- COMMAND ...      the list manager, run with the message on its stdin\n\n"
    "Exit status: 0 delivered or kept aside (portavoz held list), 75 try again later (the log says why).\n"
    "A list that has aliases needs mlmmj's control/tocc, or mlmmj refuses what names an alias in To.\n\n"
    "For a list manager that takes mail by LMTP (Mailman 3) it is a service:\n\n"
    "  portavoz-deliver --lmtp [--config FILE]\n\n"
    "  listens on door.lmtp_listen and hands on to door.lmtp_next_hop. In Postfix's transport_maps:\n"
    "    avisos@listas.example  lmtp:unix:portavoz/door.sock\n\n"
    "Exit status: 0 after SIGTERM, 69 it cannot listen, 78 wrong settings.\n";

int wait(const std::string& who, const Error& why) {
  log_waiting(who, why);
  return EX_TEMPFAIL;
}

int deliver_one(const Delivery& delivery) {
  const std::string who = delivery.queue_id + " to " + delivery.list;
  const auto settings = load_settings(delivery.config);
  if (!settings) return wait(who, settings.error());
  const auto parts = DoorParts::open(*settings);
  if (!parts) return wait(who, parts.error());
  const auto octets = read_descriptor(STDIN_FILENO, "the message", max_message_bytes);
  if (!octets) return wait(who, octets.error());
  const auto delivered = deliver(delivery, (*parts)->services(), *octets, now());
  if (!delivered) return wait(who, delivered.error());
  log_delivered(who, *delivered);
  if (delivered->outcome == Outcome::handed_over) (*parts)->services().tell_register();
  return EX_OK;
}

int run(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words);
  if (!arguments) return wait("portavoz-deliver", arguments.error());
  if (const auto* service = std::get_if<LmtpService>(&*arguments)) {
    install_signals();
    return serve_lmtp(service->config);
  }
  return deliver_one(std::get<Delivery>(*arguments));
}

}  // namespace
}  // namespace portavoz

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words.front() == "--help") {
    std::fputs(portavoz::help_text, stdout);
    return EX_OK;
  }
  portavoz::log_open("portavoz-deliver", portavoz::Syslog::yes);
  try {
    return portavoz::run(words);
  } catch (const std::exception& bug) {
    portavoz::log_error(std::string("our own mistake, the message waits in the queue: ") + bug.what());
  } catch (...) {
    portavoz::log_error("our own mistake, the message waits in the queue");
  }
  return EX_TEMPFAIL;
}
