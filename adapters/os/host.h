// What this machine is called. Errors: none; a machine without a name is localhost. Threads: safe from any.
#pragma once

#include <string>

namespace portavoz {

[[nodiscard]] std::string host_name();

}  // namespace portavoz
