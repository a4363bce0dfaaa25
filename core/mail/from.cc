#include "core/mail/from.h"

#include <optional>
#include <string>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr int max_comment_depth = 64;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_atom_char(char c) {  // RFC 5322 §3.2.3 atext, with RFC 6532's UTF-8
  constexpr std::string_view specials = "()<>[]:;@\\,.\"";
  const auto octet = static_cast<unsigned char>(c);
  return octet > 0x20 && octet != 0x7F && specials.find(c) == std::string_view::npos;
}

// Walks over the field once. Each take_ function moves past what it names or leaves an error.
class FromParser {
 public:
  explicit FromParser(std::string_view text) : text_(text) {}

  Result<MailAddress> parse() {
    std::optional<std::string> mailbox = take_mailbox();
    if (error_.empty() && mailbox) {
      skip_cfws();
      if (error_.empty() && !at_end()) refuse(left_over());
    }
    if (!error_.empty()) return Error{ErrorKind::bad_input, error_};
    return MailAddress::parse(*mailbox);
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }

  void refuse(std::string why) {
    if (error_.empty()) error_ = std::move(why);
  }

  [[nodiscard]] std::string left_over() const {
    switch (peek()) {
      case ',': return "From holds more than one mailbox";
      case ';': return "From holds a semicolon outside a group";
      case ':': return "From holds a group or a route, not one mailbox";
      default: return "From holds text after the mailbox";
    }
  }

  // RFC 5322 §3.2.2 FWS: a line end counts only as a fold, before white space.
  bool skip_fold_or_blank() {
    if (is_blank(peek())) {
      ++at_;
      return true;
    }
    std::size_t next = at_;
    if (next < text_.size() && text_[next] == '\r') ++next;
    if (next < text_.size() && text_[next] == '\n' && next + 1 < text_.size() && is_blank(text_[next + 1])) {
      at_ = next + 2;
      return true;
    }
    return false;
  }

  void skip_comment() {  // RFC 5322 §3.2.2: comments nest
    int depth = 0;
    do {
      if (at_end()) return refuse("From holds a comment that is not closed");
      const char c = peek();
      if (skip_fold_or_blank()) continue;
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return refuse("From holds a control character");
      if (c == '(' && ++depth > max_comment_depth) return refuse("From holds comments nested too deep");
      if (c == ')') --depth;
      if (c == '\\') ++at_;
      ++at_;
    } while (depth > 0);
    if (at_ > text_.size()) refuse("From holds a comment that is not closed");
  }

  void skip_cfws() {
    while (error_.empty() && !at_end()) {
      if (skip_fold_or_blank()) continue;
      if (peek() != '(') return;
      skip_comment();
    }
  }

  // A quoted string as it stands, quotes included.
  std::string take_quoted() {
    std::string quoted(1, text_[at_++]);
    while (!at_end()) {
      if (skip_fold_or_blank()) {
        quoted += ' ';
        continue;
      }
      const char c = text_[at_++];
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) break;
      quoted += c;
      if (c == '"') return quoted;
      if (c == '\\') {
        if (at_end()) break;
        quoted += text_[at_++];
      }
    }
    refuse("From holds a quoted string that is not closed, or a control character in it");
    return quoted;
  }

  std::string take_atom() {
    const std::size_t begin = at_;
    while (!at_end() && is_atom_char(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // dot-atom (RFC 5322 §3.2.3), without blanks between its dots; MailAddress::parse judges where dots may
  // stand.
  std::string take_dot_atom() {
    std::string atom = take_atom();
    while (peek() == '.') {
      atom += text_[at_++];
      atom += take_atom();
    }
    return atom;
  }

  std::string take_domain() {
    skip_cfws();
    if (peek() == '[') refuse("From holds a domain literal, not a domain name");
    std::string domain = take_dot_atom();
    if (domain.empty()) refuse("From holds an address without a domain");
    return domain;
  }

  // The rest of an addr-spec whose local part has been read.
  std::string take_after_local(const std::string& local) {
    skip_cfws();
    if (peek() != '@') {
      refuse("From holds an address without an @");
      return {};
    }
    ++at_;
    return local + "@" + take_domain();
  }

  std::string take_angle_address() {
    ++at_;  // '<'
    skip_cfws();
    if (peek() == '@' || peek() == ',') {
      refuse("From holds a route before the address");
      return {};
    }
    const std::string local = peek() == '"' ? take_quoted() : take_dot_atom();
    if (local.empty()) {
      refuse("From holds no address between < and >");
      return {};
    }
    std::string address = take_after_local(local);
    skip_cfws();
    if (peek() != '>') {
      refuse("From holds an angle bracket that is not closed after the address");
      return {};
    }
    ++at_;
    return address;
  }

  // phrase or local part: which of the two it was shows at the '<' or the '@' that follows.
  std::optional<std::string> take_mailbox() {
    skip_cfws();
    if (at_end()) {
      refuse("From is empty");
      return std::nullopt;
    }
    std::string word;
    int words = 0;
    while (error_.empty()) {
      const char c = peek();
      if (c == '<') return take_angle_address();
      if (c == '@') {
        if (words != 1) break;
        return take_after_local(word);
      }
      if (c == '"') {
        word = take_quoted();
      } else if (is_atom_char(c) || (c == '.' && words > 0)) {
        word =
            c == '.' ? std::string(1, text_[at_++]) : take_dot_atom();  // obs-phrase: a dot in a display name
      } else {
        break;
      }
      ++words;
      skip_cfws();
    }
    refuse(no_mailbox(words));
    return std::nullopt;
  }

  [[nodiscard]] std::string no_mailbox(int words) const {
    if (at_end()) return "From holds a name and no address";
    if (peek() == '@' && words == 0) return "From holds an address with nothing before the @, or a route";
    if (peek() == '@') return "From holds several words before the @";
    if (peek() == ':') return "From holds a group, not one mailbox";
    if (peek() == ',' || peek() == ';') return "From holds more than one mailbox, or an empty one";
    return "From holds a character that may not stand there";
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
};

}  // namespace

Result<MailAddress> parse_from(std::string_view value) {
  // One line end at the very end belongs to the message's lines, not to the value.
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.remove_suffix(1);
  return FromParser(value).parse();
}

}  // namespace portavoz
