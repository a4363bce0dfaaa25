// Reads portavoz.yaml with yaml-cpp into the core's tree and lets the core's schema judge it.
// yaml-cpp accepts duplicate keys and turns `no` into false; so only its tree and its places are used.
// Threads: safe from any.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/config/settings.h"

namespace portavoz {

// Errors: unavailable when the file cannot be read; bad_input with every mistake, one `file:line:column: …` a
// line. A program that gets bad_input exits 78 (EX_CONFIG).
[[nodiscard]] Result<Settings> load_settings(const std::string& path);

}  // namespace portavoz
