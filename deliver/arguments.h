// What the mail server says on the command line about one delivery (Postfix pipe(8) fills in the ${…}):
//
//   portavoz-deliver --config FILE --list ADDRESS --recipient ${recipient} --sender ${sender} --queue-id
//   ${queue_id}
//                    -- LISTMANAGER ARGUMENT…
//
// Errors: bad_input with what to change in master.cf. Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace portavoz {

struct Delivery {
  std::string config = "/etc/portavoz/portavoz.yaml";
  std::string list;       // canonical posting address
  std::string recipient;  // the envelope's
  std::string sender;     // the envelope's; may be empty
  std::string queue_id;
  std::vector<std::string> list_manager;  // argv
};

[[nodiscard]] Result<Delivery> parse_arguments(const std::vector<std::string>& arguments);

}  // namespace portavoz
