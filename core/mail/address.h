// MailAddress: one mailbox address (an addr-spec) in its one canonical form. It is the key by which contacts,
// lists and senders are compared, so there is exactly one way to make it: parse().
//
// Canonical form: the domain as A-labels in lower case, without a trailing dot; the local part
// with ASCII letters in lower case and the quotes of a quoted string removed; NFC for a local part with
// non-ASCII characters. No rule on dots, plus signs or look-alikes: `a.b@x` and `ab@x` are two addresses.
//
// It parses the text of an address alone (`info@example.org`, `"the board"@example.org`). It does not parse
// header fields (core/mail/from.h does), angle brackets, comments, routes or domain literals; all of these
// are refused. Threads: an immutable value.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace portavoz {

class MailAddress {
 public:
  // RFC 5321 §4.1.2 Mailbox, with RFC 6531 §3.3's UTF-8. Limits of RFC 5321 §4.5.3.1: local part 64 octets,
  // domain 255. The domain needs two labels or more. Error kind: bad_input, with a sentence that a person can
  // act on.
  [[nodiscard]] static Result<MailAddress> parse(std::string_view text);

  // The canonical local part, without quotes even where it needs them on the wire.
  [[nodiscard]] const std::string& local_part() const { return local_; }
  [[nodiscard]] const std::string& domain() const { return domain_; }

  // The canonical text, `local@domain`, with the local part quoted again where RFC 5321 asks for it.
  // parse(text()) gives the same address.
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const MailAddress&, const MailAddress&) = default;

 private:
  MailAddress(std::string local, std::string domain) : local_(std::move(local)), domain_(std::move(domain)) {}
  std::string local_;
  std::string domain_;
};

}  // namespace portavoz
