// What a reader of a page sees, as lines of text, to be compared with what another one saw: the text that is
// shown, in its order, without needless blanks, and where a link for mail leads, because that may change
// behind the same words. Errors: none. Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "core/evidence/page.h"

namespace portavoz {

[[nodiscard]] std::vector<std::string> page_lines(const Page& page);

}  // namespace portavoz
