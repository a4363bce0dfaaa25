#include "core/mail/from.h"

#include "core/mail/address_reader.h"

namespace portavoz {
namespace {

Error bad_from(std::string_view what) { return {ErrorKind::bad_input, "From holds " + std::string(what)}; }

std::string_view left_over(char next) {
  switch (next) {
    case ',': return "more than one mailbox";
    case ';': return "a semicolon outside a group";
    case ':': return "a group or a route, not one mailbox";
    default: return "text after the mailbox";
  }
}

// Programs that decode it read another address than those that do not.
bool holds_encoded_word(std::string_view address) {
  const auto begin = address.find("=?");
  return begin != std::string_view::npos && address.find("?=", begin + 2) != std::string_view::npos;
}

}  // namespace

Result<MailAddress> parse_from(std::string_view value) {
  // Line ends at the very end belong to the message's lines, not to the value.
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.remove_suffix(1);
  AddressReader reader(value);
  FieldLexer& lexer = reader.lexer();
  const auto mailbox = reader.take_mailbox(reader.take_words());
  lexer.skip_cfws();
  if (!lexer.failed() && !lexer.at_end()) lexer.refuse(left_over(lexer.peek()));
  if (lexer.failed() || !mailbox) return bad_from(lexer.error());
  if (mailbox->routed) return bad_from("a route before the address");
  if (holds_encoded_word(mailbox->address)) return bad_from("an encoded word in the address");  // RFC 2047 §5
  return MailAddress::parse(mailbox->address);
}

}  // namespace portavoz
