// AddressDomain: what the DNS says of the domain of a contact's address. A domain that is gone can be bought
// by a stranger, who then has the address, too. A resolver that denies every name, as one behind a cut line
// or a login page may, is told from that by a name that exists as long as the DNS does. Errors: none; what
// could not be learned is `unknown`. Threads: plain values.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/net/fetch.h"

namespace portavoz {

enum class AddressDomain : std::uint8_t {
  unknown,  // cannot know: no answer, or one that says nothing of the name
  there,    // with or without an address of its own
  gone,     // NXDOMAIN
};

[[nodiscard]] std::string_view domain_word(AddressDomain domain);  // "there", "gone"; empty for unknown

// domain: in lower-case A-labels, as the question was.
[[nodiscard]] AddressDomain address_domain(std::string_view domain, const Resolution& answer);

// Asked for when a domain seems to be gone: a server of the root zone (RFC 8109 §3.2).
inline constexpr std::string_view lasting_name = "a.root-servers.net";

// Whether a denial of another name may be believed, by the answer to lasting_name.
[[nodiscard]] bool denies_only_what_is_gone(const Resolution& answer);

}  // namespace portavoz
