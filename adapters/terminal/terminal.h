// What standard output is: a screen with a width, and whether it takes colours. Colours go to a terminal
// alone, never to a file or a pipe, and not where the environment says NO_COLOR or TERM=dumb. The language is
// that of LC_ALL, LC_MESSAGES or LANG. Threads: reads the environment; call it before threads start.
#pragma once

#include "core/text_table/table.h"

namespace portavoz {

// Width: the terminal's, 100 where standard output is no terminal or hides its size.
[[nodiscard]] Screen standard_output_screen();

}  // namespace portavoz
