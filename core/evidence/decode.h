// The small codings behind which pages keep addresses from harvesters, undone. They know nothing of
// addresses: what comes out is compared by whoever asked. Errors: none; what is not in a coding comes out as
// it was, or as nothing where that is said. Threads: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portavoz {

// %XX (RFC 3986 §2.1); what is no such triple stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

// Character references of HTML: &#64; and &#x40;, and by name those that hide addresses (&commat; &period;
// &lt; &amp; …). Others stay. Once: what they uncover is not read again.
[[nodiscard]] std::string references_resolved(std::string_view text);

// Appends the character in UTF-8; U+FFFD for what is none of Unicode's, and for NUL.
void append_character(std::string& utf8, std::uint32_t code_point);

// Letters moved by 13.
[[nodiscard]] std::string rot13(std::string_view text);

// The characters from the last to the first.
[[nodiscard]] std::string reversed(std::string_view utf8);

// Hexadecimal digits, the first octet of which is the key of the others: how a proxy rewrites addresses
// (data-cfemail).
[[nodiscard]] std::optional<std::string> xor_decoded(std::string_view hex);

// Each character moved inside of its range, digits with signs, capitals with '@', small letters: how TYPO3
// writes links.
[[nodiscard]] std::string shifted(std::string_view text, int offset);

// The mailto link of which such a text was made: its key is somewhere in a script, and of all keys only one
// gives a link. Empty when none does.
[[nodiscard]] std::string unshifted_mailto(std::string_view text);

}  // namespace portavoz
