// The lexicon file that the settings name: the operator's words beside the built-in ones. Errors: those of
// read_file, and bad_input that names each bad line. Threads: safe from any.
#pragma once

#include <string>

#include "core/base/result.h"

namespace portavoz {

// file: as verifier.lexicon says. The text of that file, for Lexicon::with_file in another process; empty
// without a file. A text whose lines are bad is an error here already.
[[nodiscard]] Result<std::string> read_lexicon(const std::string& file);

}  // namespace portavoz
