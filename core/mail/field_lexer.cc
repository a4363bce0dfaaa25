#include "core/mail/field_lexer.h"

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr int max_comment_depth = 64;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet < 0x20 && c != '\t') || octet == 0x7F;
}

bool is_atom_char(char c) {  // RFC 5322 §3.2.3 atext, with RFC 6532 §3.2's UTF-8
  constexpr std::string_view specials = "()<>[]:;@\\,.\"";
  const auto octet = static_cast<unsigned char>(c);
  if (is_ascii_alpha(c) || is_ascii_digit(c)) return true;  // as nearly all are
  return octet > 0x20 && octet != 0x7F && specials.find(c) == std::string_view::npos;
}

}  // namespace

bool FieldLexer::take(char wanted) {
  if (at_end() || text_[at_] != wanted) return false;
  ++at_;
  return true;
}

void FieldLexer::refuse(std::string_view what) {
  if (error_.empty()) error_ = what;
}

// The line end of a fold; the blank behind it is left.
bool FieldLexer::skip_fold() {
  std::size_t next = at_;
  if (next < text_.size() && text_[next] == '\r') ++next;
  if (next + 1 >= text_.size() || text_[next] != '\n' || !is_blank(text_[next + 1])) return false;
  at_ = next + 1;
  return true;
}

void FieldLexer::skip_comment() {  // RFC 5322 §3.2.2: comments nest
  int depth = 0;
  do {
    if (skip_fold()) continue;
    if (at_end()) return refuse("a comment that is not closed");
    char c = text_[at_++];
    const bool escaped = c == '\\';
    if (escaped) {
      if (at_end()) return refuse("a comment that is not closed");
      c = text_[at_++];
    }
    if (is_control(c)) return refuse("a control character");
    if (escaped) continue;
    if (c == '(' && ++depth > max_comment_depth) return refuse("comments nested too deep");
    if (c == ')') --depth;
  } while (depth > 0);
}

void FieldLexer::skip_cfws() {
  while (!failed()) {
    if (skip_fold()) continue;
    if (peek() == '(') {
      skip_comment();
    } else if (is_blank(peek())) {
      ++at_;
    } else {
      return;
    }
  }
}

std::string FieldLexer::take_quoted() {
  std::string quoted(1, text_[at_++]);
  while (!at_end()) {
    if (skip_fold()) continue;
    char c = text_[at_++];
    quoted += c;
    const bool escaped = c == '\\';
    if (escaped) {
      if (at_end()) break;
      c = text_[at_++];
      quoted += c;
    }
    if (is_control(c)) {
      refuse("a control character");
      return quoted;
    }
    if (c == '"' && !escaped) return quoted;
  }
  refuse("a quoted string that is not closed");
  return quoted;
}

std::string FieldLexer::take_literal() {
  std::string literal(1, text_[at_++]);
  while (!at_end()) {
    if (skip_fold()) continue;
    const char c = text_[at_++];
    literal += c;
    if (c == ']') return literal;
    if (c == '[' || c == '\\' || is_control(c)) break;
  }
  refuse("a domain literal that is not closed");
  return literal;
}

std::string FieldLexer::take_atom() {
  const std::size_t begin = at_;
  while (!at_end() && is_atom_char(text_[at_])) ++at_;
  return std::string(text_.substr(begin, at_ - begin));
}

std::string FieldLexer::take_dot_atom() {
  const std::size_t begin = at_;
  while (!at_end() && (text_[at_] == '.' || is_atom_char(text_[at_]))) ++at_;
  return std::string(text_.substr(begin, at_ - begin));
}

}  // namespace portavoz
