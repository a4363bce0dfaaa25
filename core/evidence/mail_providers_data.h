// The text of core/evidence/mail_providers.txt, built in. Threads: constant.
#pragma once

#include <string_view>

namespace portavoz {

extern const std::string_view mail_providers_data;

}  // namespace portavoz
