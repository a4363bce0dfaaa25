// The few words by which a page says that here is how to reach us: a first lexicon, English and Spanish.
// Words match at the beginning of a word, so that "contact" also finds "contacto" and "contactar". Case does
// not matter. Errors: none. Threads: safe from any.
#pragma once

#include <string>
#include <string_view>

namespace portavoz {

[[nodiscard]] bool says_contact(std::string_view text);      // "Contact", "Escríbenos"
[[nodiscard]] bool says_imprint(std::string_view text);      // "Legal notice", "Aviso legal"
[[nodiscard]] bool says_third_party(std::string_view text);  // "Other assemblies", "Enlaces"

// The words that say that an address is no longer in use; empty when there are none.
[[nodiscard]] std::string_view says_former(std::string_view text);

}  // namespace portavoz
