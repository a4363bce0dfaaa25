// portavoz-deliver: the second lock, run once a message by the mail server at the list manager's door.
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
#include "adapters/yaml/settings_file.h"
#include "core/base/text.h"
#include "deliver/arguments.h"
#include "deliver/door.h"

namespace portavoz {
namespace {

constexpr std::uint64_t max_message_bytes = std::uint64_t{64} << 20;

constexpr const char* help_text =
    "portavoz-deliver - lets sealed posts through to the list manager and keeps the others aside\n\n"
    "Run by the mail server, once a message, with the message on stdin. In Postfix's master.cf:\n\n"
    "  avisos unix - n n - - pipe\n"
    "    user=mlmmj argv=/usr/bin/portavoz-deliver --config /etc/portavoz/portavoz.yaml\n"
    "    --list avisos@listas.example --recipient ${recipient} --sender ${sender} --queue-id ${queue_id}\n"
    "    -- /usr/bin/mlmmj-receive -F -L /var/spool/mlmmj/avisos\n\n"
    "  with avisos_destination_recipient_limit = 1 in main.cf. No flags= are needed; never . or >, which "
    "change the\n"
    "  body that was sealed.\n\n"
    "  --config FILE       the settings (default /etc/portavoz/portavoz.yaml)\n"
    "  --list ADDRESS      the list's posting address\n"
    "  --recipient ADDRESS, --sender ADDRESS, --queue-id ID   the envelope, as the mail server has it\n"
    "  -- COMMAND ...      the list manager, run with the message on its stdin\n\n"
    "Exit status: 0 delivered or kept aside (portavoz held list), 75 try again later (the log says why).\n"
    "A list that has aliases needs mlmmj's control/tocc, or mlmmj refuses what names an alias in To.\n";

// The mistakes of a configuration file come one a line; the log takes one line.
std::string on_one_line(std::string_view text) {
  std::string line(trim(text));
  for (std::size_t at = 0; (at = line.find('\n', at)) != std::string::npos;) line.replace(at, 1, "; ");
  return line;
}

int wait(const std::string& who, const Error& why) {
  log_error(who + ": not delivered, it waits in the queue: " + on_one_line(why.what));
  return EX_TEMPFAIL;
}

void log_outcome(const std::string& who, const Delivered& delivered) {
  const std::string line = who + ": " + delivered.what;
  if (delivered.outcome == Outcome::handed_over)
    log_info(line);
  else
    log_warning(line);
}

int deliver_one(const std::vector<std::string>& arguments) {
  const auto delivery = parse_arguments(arguments);
  if (!delivery) return wait("portavoz-deliver", delivery.error());
  const std::string who = delivery->queue_id + " to " + delivery->list;
  const auto settings = load_settings(delivery->config);
  if (!settings) return wait(who, settings.error());
  const auto octets = read_descriptor(STDIN_FILENO, "the message", max_message_bytes);
  if (!octets) return wait(who, octets.error());
  const auto delivered = deliver(*delivery, settings->door, *octets, now());
  if (!delivered) return wait(who, delivered.error());
  log_outcome(who, *delivered);
  return EX_OK;
}

}  // namespace
}  // namespace portavoz

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments.front() == "--help") {
    std::fputs(portavoz::help_text, stdout);
    return EX_OK;
  }
  portavoz::log_open("portavoz-deliver", portavoz::Syslog::yes);
  try {
    return portavoz::deliver_one(arguments);
  } catch (const std::exception& bug) {
    portavoz::log_error(std::string("our own mistake, the message waits in the queue: ") + bug.what());
  } catch (...) {
    portavoz::log_error("our own mistake, the message waits in the queue");
  }
  return EX_TEMPFAIL;
}
