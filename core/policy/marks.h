// Marks: how a signed post is known again, so that it goes to a list once, whoever brings it a second time. A
// mark is 32 hexadecimal digits of a SHA-256 over what nobody but the signer can change:
//   - of each signature, its domain and its decoded b= (RFC 6376 §3.5);
//   - of each signature that signs Message-ID, its domain, bh= and that Message-ID: the same post signed
//   anew.
// So a copy is known also when one of several signatures was taken away. Marks belong to a list: one post may
// go to several. The gate looks whether a mark was posted; the door alone records them, after the list
// manager took the post. Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/dkim/dkim.h"
#include "core/mail/message.h"

namespace portavoz {

inline constexpr Seconds mark_lifetime = std::chrono::hours(30 * 24);

// The marks of these signatures, each once, in order.
[[nodiscard]] std::vector<std::string> marks_of(const std::vector<DkimSignature>& signatures,
                                                const std::vector<Field>& fields);

}  // namespace portavoz
