// Whole addresses in running text. A candidate is everything around an '@' that could belong to it, so that
// `info@example.org` is not found in `xinfo@example.org`, `info@example.org.uk` or `@info@example.org` (a
// handle); only then it is compared. Characters that do not show (soft hyphen, zero width) are passed over.
// Positions are octets of the tidied text. Errors: none. Threads: safe from any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/address.h"

namespace portavoz {

// Without invisible characters, and with every kind of blank as a space.
[[nodiscard]] std::string tidy_text(std::string_view utf8);

// The first whole address in tidied text, whatever it is.
[[nodiscard]] std::optional<MailAddress> first_mention(std::string_view tidied);

// Where `address` stands in tidied text.
[[nodiscard]] std::vector<std::size_t> mentions(std::string_view tidied, const MailAddress& address);

// A place where the local part and the first label of the domain stand near each other as words, with
// something other than a plain '@' between: "info [at] example …". npos when there is none. It proves
// nothing; it only keeps us from saying that the address is absent.
[[nodiscard]] std::size_t other_spelling(std::string_view tidied, const MailAddress& address);

// True when the address stands there with no letter, digit, dot, hyphen, '+' or '_' against it. Less strict
// than mentions(): in a page's source it stands between quotes, equals signs and slashes.
[[nodiscard]] bool holds_address(std::string_view source, const MailAddress& address);

// About `width` octets of text around `position`, cut at characters.
[[nodiscard]] std::string excerpt_at(std::string_view text, std::size_t position, std::size_t width);

}  // namespace portavoz
