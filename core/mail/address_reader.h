// The mailboxes of a header field, one after the other (RFC 5322 §3.4): what From and To have in common.
// Strict, with one meaning for each text: no blanks between the dots of an address (obs-local-part,
// obs-domain), and a dot is the one special that may stand bare in a name (obs-phrase, as in "Assembly
// C.A.").
//
// Errors stand in the lexer, as clauses ("a comment that is not closed"). Threads: one owner.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/mail/field_lexer.h"

namespace portavoz {

// Words in a row: the display name of a mailbox, the name of a group, or a local part. Which of them shows at
// the character behind.
struct Words {
  int count = 0;
  std::string last;
};

// An addr-spec as it stands, comments taken out. MailAddress::parse judges it, and refuses domain literals.
struct Mailbox {
  std::string address;
  bool routed = false;  // obs-route (§4.4) stood before it
};

class AddressReader {
 public:
  explicit AddressReader(std::string_view value) : lexer_(value) {}

  [[nodiscard]] FieldLexer& lexer() { return lexer_; }

  // Skips what stands before and after them. None is no error.
  Words take_words();
  // The rest of a mailbox whose words have been read; nothing, and an error, when there is none.
  std::optional<Mailbox> take_mailbox(const Words& words);

 private:
  std::optional<Mailbox> take_angle_address();
  std::optional<Mailbox> take_after_local(std::string local);
  bool skip_route();
  std::string take_domain();
  std::optional<Mailbox> refuse(std::string_view what);
  [[nodiscard]] std::string_view no_mailbox(const Words& words) const;

  FieldLexer lexer_;
};

}  // namespace portavoz
