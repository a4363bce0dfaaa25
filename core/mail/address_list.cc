#include "core/mail/address_list.h"

#include "core/mail/address_reader.h"

namespace portavoz {
namespace {

class AddressList {
 public:
  explicit AddressList(std::string_view value) : reader_(value), lexer_(reader_.lexer()) {}

  std::vector<MailAddress> read() {
    while (!lexer_.failed() && !lexer_.at_end()) take_element();
    if (lexer_.failed() || in_group_) return {};
    return std::move(addresses_);
  }

 private:
  // One mailbox, the name that opens a group, the end of a group, or nothing at all; and the comma behind it.
  void take_element() {
    const Words words = reader_.take_words();
    if (words.count > 0 && !in_group_ && lexer_.take(':')) {  // RFC 5322 §3.4: groups do not nest
      in_group_ = true;
      return;
    }
    const bool empty = words.count == 0 && (lexer_.at_end() || lexer_.peek() == ',' || closes_group());
    if (!empty) keep(reader_.take_mailbox(words));
    take_separator();
  }

  void keep(const std::optional<Mailbox>& mailbox) {
    if (!mailbox || mailbox->routed) return;
    if (auto address = MailAddress::parse(mailbox->address)) addresses_.push_back(std::move(*address));
  }

  [[nodiscard]] bool closes_group() { return in_group_ && lexer_.peek() == ';'; }

  void take_separator() {
    lexer_.skip_cfws();
    if (closes_group()) {
      in_group_ = !lexer_.take(';');
      lexer_.skip_cfws();
    }
    if (!lexer_.at_end() && !lexer_.take(',')) lexer_.refuse("text behind an address");
  }

  AddressReader reader_;
  FieldLexer& lexer_;
  bool in_group_ = false;
  std::vector<MailAddress> addresses_;
};

}  // namespace

std::vector<MailAddress> addresses_in(std::string_view value) {
  // Line ends at the very end belong to the message's lines, not to the value.
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.remove_suffix(1);
  return AddressList(value).read();
}

}  // namespace portavoz
