// The lexicon that the settings name: the built-in words, and those of the operator's file where there is
// one. Errors: those of read_file, and bad_input that names each bad line. Threads: safe from any.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/evidence/lexicon.h"

namespace portavoz {

// file: as verifier.lexicon says; empty: the built-in words alone.
[[nodiscard]] Result<Lexicon> load_lexicon(const std::string& file);

// The text of that file, for Lexicon::with_file in another process; empty without a file. A text whose lines
// are bad is an error here already.
[[nodiscard]] Result<std::string> read_lexicon(const std::string& file);

}  // namespace portavoz
