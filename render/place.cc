#include "render/place.h"

#include <string>

#include <sys/prctl.h>
#include <unistd.h>

#include "adapters/os/host.h"
#include "core/base/text.h"

namespace portavoz {

Result<void> take_place() {
  if (::geteuid() == 0)
    return Error{ErrorKind::forbidden,
                 "the renderer does not run as root, because it runs strangers' scripts; start it as "
                 "portavoz-renderer, as its unit does"};
  const auto interfaces = network_interfaces();
  if (!interfaces) return interfaces.error();
  for (const std::string& each : *interfaces)
    if (each != "lo")
      return Error{ErrorKind::forbidden,
                   "there is a network here (" + join(*interfaces, ", ") +
                       "), and strangers' scripts must not reach one; start the renderer by its unit, which "
                       "says PrivateNetwork=yes, or below `unshare -n`"};
  // Nobody of the same user reads or changes this process: the browser is one.
  if (::prctl(PR_SET_DUMPABLE, 0) != 0)
    return Error{ErrorKind::unavailable,
                 "the renderer cannot shield itself from the browser (PR_SET_DUMPABLE)"};
  return {};
}

}  // namespace portavoz
