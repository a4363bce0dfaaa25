// Public suffixes: the names below which strangers register domains of their own (co.uk, eu.org, github.io).
// By libpsl, from the newer of the system's list and the one that is built into the library. Errors:
// unavailable where neither list can be had. Threads: safe from any; the list is read once.
#pragma once

#include <string>

#include "core/base/result.h"

namespace portavoz {

// `domain` as lower-case A-labels. A name of one label that no list names is a public suffix too.
[[nodiscard]] Result<bool> is_public_suffix(const std::string& domain);

}  // namespace portavoz
