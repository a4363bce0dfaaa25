// What the command line says. Postfix pipe(8) fills in the ${…} for one delivery:
//
//   portavoz-deliver --config FILE --list ADDRESS --recipient ${recipient} --sender ${sender} --queue-id
//   ${queue_id}
//                    -- LISTMANAGER ARGUMENT…
//   portavoz-deliver --lmtp --config FILE
//
// Errors: bad_input with what to change in master.cf. Threads: pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace portavoz {

// One delivery.
struct Delivery {
  std::string config = "/etc/portavoz/portavoz.yaml";
  std::string list;                // canonical posting address
  std::string recipient;           // the envelope's
  std::string original_recipient;  // the envelope's before aliases were expanded; may be empty
  std::string sender;              // the envelope's; may be empty
  std::string queue_id;
  std::vector<std::string> list_manager;  // argv
};

// The door as an LMTP server.
struct LmtpService {
  std::string config;
};

[[nodiscard]] Result<std::variant<Delivery, LmtpService>> parse_arguments(
    const std::vector<std::string>& arguments);

}  // namespace portavoz
