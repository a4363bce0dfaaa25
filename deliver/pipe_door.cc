#include "deliver/pipe_door.h"

#include <algorithm>
#include <array>

#include <sysexits.h>

#include "adapters/os/process.h"
#include "core/policy/guard.h"

namespace portavoz {
namespace {

// Exit codes of sysexits.h that say "never". Everything else may be better next time: a full disk gives
// mlmmj's exit 1. EX_IOERR, which stands for "did not read everything", is not among them.
bool is_permanent(int status) {
  constexpr std::array permanent = {EX_USAGE,    EX_DATAERR,     EX_NOINPUT,  EX_NOUSER,
                                    EX_NOHOST,   EX_UNAVAILABLE, EX_SOFTWARE, EX_OSFILE,
                                    EX_PROTOCOL, EX_NOPERM,      EX_CONFIG};
  return std::find(permanent.begin(), permanent.end(), status) != permanent.end();
}

Handed run_list_manager(const std::vector<std::string>& argv, const std::string& message) {
  const auto ended = run({.argv = argv, .input = message, .identity = std::nullopt});
  if (!ended) return {Handed::Answer::later, ended.error().what};
  if (ended->succeeded()) return {Handed::Answer::taken, ""};
  const bool refused = ended->signal == 0 && is_permanent(exit_code(*ended));
  return {refused ? Handed::Answer::refused : Handed::Answer::later,
          "the list manager " + argv.front() + " ended with " + describe(*ended)};
}

}  // namespace

Result<Delivered> deliver(const Delivery& delivery, const DoorServices& services, std::string_view octets,
                          Instant now) {
  const Arrival arrival{delivery.list,   delivery.recipient, delivery.original_recipient,
                        delivery.sender, delivery.queue_id,  delivery.list_manager};
  Visit visit(services, arrival, octets, Envelope::in_fields,
              [&](const std::string& message) { return run_list_manager(delivery.list_manager, message); });
  return is_command_address(delivery.recipient, delivery.list) ? visit.command(now) : visit.post(now);
}

}  // namespace portavoz
