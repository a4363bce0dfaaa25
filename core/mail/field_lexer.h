// The smallest pieces of a structured header field (RFC 5322 §3.2): folding white space, comments, quoted
// strings and atoms, with RFC 6532's UTF-8. It walks over the text once, forwards, so it takes time in the
// length of the field and no more. What the pieces mean is for its users: core/mail/address_reader.h and
// core/mail/date.cc.
//
// A line end counts only as a fold, before white space. Octets beyond ASCII are letters, whether or not they
// are UTF-8: display names in old charsets are common, and what becomes part of an address is judged by
// MailAddress::parse. A control octet (NUL and DEL too) may stand nowhere, not even behind a backslash.
//
// The first error stays; after it the take_ functions give what they have and nobody may use it. Threads: one
// owner.
#pragma once

#include <string>
#include <string_view>

namespace portavoz {

class FieldLexer {
 public:
  // The text must outlive the lexer.
  explicit FieldLexer(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }  // '\0' at the end, too
  [[nodiscard]] bool take(char wanted);  // moves past it, if it stands there

  [[nodiscard]] bool failed() const { return !error_.empty(); }
  [[nodiscard]] const std::string& error() const {
    return error_;
  }                                    // a clause: "a comment that is not closed"
  void refuse(std::string_view what);  // the first one stays

  void skip_cfws();  // RFC 5322 §3.2.2 [CFWS], with the obs-FWS of §4.2

  std::string take_atom();      // atext; empty when none stands here
  std::string take_dot_atom();  // atext and dots; where dots may stand is not judged
  std::string take_quoted();    // precondition: peek() == '"'. As it stands, quotes included, folds taken out
  std::string take_literal();   // precondition: peek() == '['. A domain literal, brackets included (§3.4.1)

 private:
  bool skip_fold();
  void skip_comment();

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
};

}  // namespace portavoz
