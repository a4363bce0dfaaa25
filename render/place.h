// Where a renderer may run: as a user that is not root, in a network namespace without a network, and
// shielded from the browser, which has the same user. A page that gets out of the browser's sandbox must find
// no network and no power. Errors: forbidden with what to do; unavailable. Threads: before any is started.
#pragma once

#include "core/base/result.h"

namespace portavoz {

[[nodiscard]] Result<void> take_place();

}  // namespace portavoz
