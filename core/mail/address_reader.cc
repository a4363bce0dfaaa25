#include "core/mail/address_reader.h"

namespace portavoz {

std::optional<Mailbox> AddressReader::refuse(std::string_view what) {
  lexer_.refuse(what);
  return std::nullopt;
}

Words AddressReader::take_words() {
  Words words;
  lexer_.skip_cfws();
  while (!lexer_.failed()) {
    // A name may not begin with a dot (§4.1 obs-phrase = word *(word / "." / CFWS)).
    if (lexer_.peek() == '.' && words.count == 0) break;
    std::string word = lexer_.peek() == '"' ? lexer_.take_quoted() : lexer_.take_dot_atom();
    if (word.empty()) break;
    words.last = std::move(word);
    ++words.count;
    lexer_.skip_cfws();
  }
  return words;
}

std::optional<Mailbox> AddressReader::take_mailbox(const Words& words) {
  if (lexer_.failed()) return std::nullopt;
  if (lexer_.peek() == '<') return take_angle_address();
  if (lexer_.peek() == '@' && words.count == 1) return take_after_local(words.last);
  return refuse(no_mailbox(words));
}

std::string_view AddressReader::no_mailbox(const Words& words) const {
  if (lexer_.at_end()) return words.count == 0 ? "nothing" : "a name and no address";
  switch (lexer_.peek()) {
    case '@':
      return words.count == 0 ? "an address with nothing before the @, or a route"
                              : "several words before the @";
    case ':': return "a group, not one mailbox";
    case ',':
    case ';': return "more than one mailbox, or an empty one";
    default: return "a character that may not stand there";
  }
}

// RFC 5322 §4.4: obs-route = obs-domain-list ":", obs-domain-list = *(CFWS / ",") "@" domain *("," [CFWS]
// ["@" domain])
bool AddressReader::skip_route() {
  if (lexer_.peek() != '@' && lexer_.peek() != ',') return false;
  while (!lexer_.failed() && !lexer_.take(':')) {
    if (lexer_.take('@')) {
      take_domain();
    } else if (!lexer_.take(',')) {
      lexer_.refuse("a route that does not end");
    }
    lexer_.skip_cfws();
  }
  lexer_.skip_cfws();
  return true;
}

std::optional<Mailbox> AddressReader::take_angle_address() {
  if (!lexer_.take('<')) return std::nullopt;
  lexer_.skip_cfws();
  const bool routed = skip_route();
  std::string local = lexer_.peek() == '"' ? lexer_.take_quoted() : lexer_.take_dot_atom();
  if (local.empty()) return refuse("no address between < and >");
  auto mailbox = take_after_local(std::move(local));
  lexer_.skip_cfws();
  if (!mailbox || !lexer_.take('>')) return refuse("an angle bracket that is not closed after the address");
  mailbox->routed = routed;
  return mailbox;
}

std::optional<Mailbox> AddressReader::take_after_local(std::string local) {
  lexer_.skip_cfws();
  if (!lexer_.take('@')) return refuse("an address without an @");
  const std::string domain = take_domain();
  if (lexer_.failed()) return std::nullopt;
  return Mailbox{std::move(local) + "@" + domain, false};
}

std::string AddressReader::take_domain() {
  lexer_.skip_cfws();
  std::string domain = lexer_.peek() == '[' ? lexer_.take_literal() : lexer_.take_dot_atom();
  if (domain.empty()) lexer_.refuse("an address without a domain");
  return domain;
}

}  // namespace portavoz
