// core/evidence/lexicon.tsv as it stands in the program; the build writes its text. Threads: a constant.
#pragma once

#include <string_view>

namespace portavoz {

extern const std::string_view lexicon_data;

}  // namespace portavoz
