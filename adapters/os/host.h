// What this machine is called, and where it is connected. Errors: none for the name, a machine without one is
// localhost. Threads: safe from any.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace portavoz {

[[nodiscard]] std::string host_name();

// The network interfaces of this process's network namespace, loopback included. Error: unavailable.
[[nodiscard]] Result<std::vector<std::string>> network_interfaces();

}  // namespace portavoz
