// A domain whose DKIM signatures may count for a contact, judged before it is approved. Threads: pure, but
// for the question it is given.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace portavoz {

inline constexpr std::size_t most_signing_domains = 10;  // of one contact

// Whether strangers register domains below this one (adapters/psl answers it).
using PublicSuffixQuestion = std::function<Result<bool>(const std::string& domain)>;

// As lower-case A-labels. Errors: bad_input, with a clause to stand behind the text ("is no domain; …"); what
// the question gave.
[[nodiscard]] Result<std::string> signing_domain(std::string_view text,
                                                 const PublicSuffixQuestion& is_public_suffix);

}  // namespace portavoz
