// The Unicode questions that the grammar of addresses and the wording of replies ask. They are pure functions
// whose tables live in libidn2 and libunistring: adapters/idn defines them, and the core only knows their
// contract. Threads: safe from any.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace portavoz {

// The domain with every label as an A-label in lower case (IDNA2008, RFC 5891 §5; strict: nothing is mapped
// but case and form C). Fails with bad_input when a label is not allowed, or when a character would turn into
// ASCII on the way (the Kelvin sign into k): such a domain looks like another one and never is.
[[nodiscard]] Result<std::string> domain_to_ascii(std::string_view utf8);

// Unicode normalisation form C of well-formed UTF-8. Fails with bad_input when the text is not UTF-8, or when
// a character that is not ASCII would become ASCII.
[[nodiscard]] Result<std::string> normalise_nfc(std::string_view utf8);

// Unicode normalisation form KC: what a reader takes for the same text is the same (ﬁ as fi, ² as 2). For
// comparing names, never addresses. Empty when the text is not UTF-8.
[[nodiscard]] std::string normalise_nfkc(std::string_view utf8);

// The text in printable ASCII for where nothing else may stand (RFC 5321 §4.2: SMTP replies): letters lose
// their marks (á → a, ñ → n), opening ¿ and ¡ go, and what has no plain letter becomes '?'.
[[nodiscard]] std::string fold_to_ascii(std::string_view utf8);

// Lower case by the Unicode tables alone: no language, so that no host's locale changes the answer. Empty
// when the text is not UTF-8.
[[nodiscard]] std::string lower_case(std::string_view utf8);

}  // namespace portavoz
