// The door for a list manager that is a command (mlmmj, Sympa, any program): it gets the message on its
// stdin, and its exit status says whether it took it. Threads: as Visit; it forks.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"
#include "deliver/arguments.h"
#include "deliver/visit.h"

namespace portavoz {

// An error means: not now. The mail server keeps the message and tries again.
[[nodiscard]] Result<Delivered> deliver(const Delivery& delivery, const DoorServices& services,
                                        std::string_view octets, Instant now);

}  // namespace portavoz
