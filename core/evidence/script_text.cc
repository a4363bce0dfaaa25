#include "core/evidence/script_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "core/base/base64.h"
#include "core/base/text.h"
#include "core/evidence/characters.h"
#include "core/evidence/decode.h"

namespace portavoz {
namespace {

constexpr std::size_t most_texts = 20'000;
constexpr std::size_t longest_text = 16'384;
constexpr int deepest = 20;
constexpr std::string_view unknown_text = "\xEF\xBF\xBD";  // U+FFFD

struct Token {
  enum class Kind { text, name, number, regex, sign };
  Kind kind;
  std::string text;
};

bool begins_name(char c) { return is_ascii_alpha(c) || c == '_' || c == '$'; }
bool in_name(char c) { return begins_name(c) || is_ascii_digit(c); }

// The number that so many hexadecimal digits at the front of the text are; nothing when they are none.
std::optional<std::uint32_t> hex_number(std::string_view text, std::size_t digits) {
  const auto octets = text.size() >= digits ? from_hex(text.substr(0, digits)) : std::nullopt;
  if (!octets) return std::nullopt;
  std::uint32_t value = 0;
  for (const char octet : *octets) value = (value << 8U) | static_cast<unsigned char>(octet);
  return value;
}

class Lexer {
 public:
  explicit Lexer(std::string_view script) : rest_(script) {}

  std::vector<Token> tokens() {
    while (!rest_.empty()) next();
    return std::move(tokens_);
  }

 private:
  void next() {
    const char c = rest_.front();
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return rest_.remove_prefix(1);
    if (rest_.starts_with("//") || rest_.starts_with("<!--")) return skip_past("\n");
    if (rest_.starts_with("/*")) return skip_past("*/");
    if (c == '"' || c == '\'' || c == '`') return text(c);
    if (begins_name(c)) return run(Token::Kind::name, in_name);
    if (is_ascii_digit(c)) return run(Token::Kind::number, in_name);
    if (c == '/' && regex_may_begin()) return regex();
    tokens_.push_back({Token::Kind::sign, std::string(1, c)});
    rest_.remove_prefix(1);
  }

  void skip_past(std::string_view end) {
    const auto at = rest_.find(end);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
  }

  void run(Token::Kind kind, bool (*belongs)(char)) {
    const auto end =
        static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), belongs) - rest_.begin());
    tokens_.push_back({kind, std::string(rest_.substr(0, end))});
    rest_.remove_prefix(end);
  }

  // A slash after a value divides; elsewhere it begins a pattern.
  [[nodiscard]] bool regex_may_begin() const {
    if (tokens_.empty()) return true;
    const Token& before = tokens_.back();
    return before.kind == Token::Kind::sign && before.text != ")" && before.text != "]";
  }

  void regex() {
    bool in_class = false;
    for (std::size_t i = 1; i < rest_.size() && rest_[i] != '\n'; ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '[') {
        in_class = true;
      } else if (rest_[i] == ']') {
        in_class = false;
      } else if (rest_[i] == '/' && !in_class) {
        tokens_.push_back({Token::Kind::regex, std::string(rest_.substr(1, i - 1))});
        rest_.remove_prefix(i + 1);
        while (!rest_.empty() && is_ascii_alpha(rest_.front())) rest_.remove_prefix(1);  // its flags
        return;
      }
    }
    rest_.remove_prefix(1);
  }

  void text(char quote) {
    std::string value;
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != quote; ++i) {
      if (rest_[i] == '\n' && quote != '`') break;  // it was no text
      if (rest_[i] != '\\') {
        if (value.size() < longest_text) value += rest_[i];
        continue;
      }
      if (++i < rest_.size()) i += escape(rest_.substr(i), value);
    }
    tokens_.push_back({Token::Kind::text, std::move(value)});
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
  }

  // What follows a backslash; gives how many octets belong to it beyond the first.
  static std::size_t escape(std::string_view after, std::string& value) {
    const char c = after.front();
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
    if (const auto unit = digits > 0 ? hex_number(after.substr(1), digits) : std::nullopt) {
      append_character(value, *unit);
      return digits;
    }
    if (c == 'n' || c == 'r' || c == 't') {
      value += ' ';
    } else if (c != '\n') {
      value += c;
    }
    return 0;
  }

  std::string_view rest_;
  std::vector<Token> tokens_;
};

struct Value {
  bool known = false;
  bool list = false;
  bool built = false;
  std::string text;
  std::vector<std::string> items;

  static Value of(std::string text, bool built) { return {true, false, built, std::move(text), {}}; }
  static Value of(std::vector<std::string> items) { return {true, true, true, {}, std::move(items)}; }
};

// unescape() also knows %uXXXX.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool long_form = text.substr(i).starts_with("%u");
    if (const auto unit = long_form ? hex_number(text.substr(i + 2), 4) : std::nullopt) {
      append_character(out, *unit);
      i += 5;
    } else {
      out += text[i];
    }
  }
  return percent_decoded(out);
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  if (what.empty()) return text;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::vector<std::string> characters(std::string_view utf8) {
  std::vector<std::string> out;
  for (const char c : utf8) {
    if (is_continuation(c) && !out.empty()) {
      out.back() += c;
    } else {
      out.emplace_back(1, c);
    }
  }
  return out;
}

// A pattern that is nothing but the text it finds.
std::optional<std::string> plain_pattern(std::string_view regex) {
  std::string plain;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] == '\\' && i + 1 < regex.size() && !in_name(regex[i + 1])) {
      plain += regex[++i];
    } else if (std::string_view("\\[](){}.*+?^$|").find(regex[i]) != std::string_view::npos) {
      // One character class of one character is that character: /[.]/
      if (regex[i] == '[' && i + 2 < regex.size() && regex[i + 2] == ']' && regex[i + 1] != '^') {
        plain += regex[i + 1];
        i += 2;
        continue;
      }
      return std::nullopt;
    } else {
      plain += regex[i];
    }
  }
  return plain;
}

class Folder {
 public:
  explicit Folder(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
    for (const Token& token : tokens_) {
      numbers_13_ =
          numbers_13_ || (token.kind == Token::Kind::number && (token.text == "13" || token.text == "26"));
      char_codes_ = char_codes_ || token.text == "fromCharCode";
    }
  }

  std::vector<ScriptText> fold() {
    while (at_ < tokens_.size() && texts_.size() < most_texts) statement();
    if (!written_.empty()) texts_.push_back({std::move(written_), true, true});
    return std::move(texts_);
  }

 private:
  [[nodiscard]] bool is(Token::Kind kind, std::string_view text, std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() && tokens_[at_ + ahead].kind == kind &&
           tokens_[at_ + ahead].text == text;
  }
  [[nodiscard]] bool is_sign(char sign, std::size_t ahead = 0) const {
    return is(Token::Kind::sign, {&sign, 1}, ahead);
  }
  [[nodiscard]] bool is_kind(Token::Kind kind, std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() && tokens_[at_ + ahead].kind == kind;
  }

  void emit(const Value& value, bool shown) {
    if (!value.known || texts_.size() >= most_texts) return;
    if (value.list) {
      for (const std::string& item : value.items) texts_.push_back({item, false, shown});
    } else if (!value.text.empty()) {
      texts_.push_back({value.text, value.built, shown});
    }
  }

  // One step: an assignment, a call that writes, or a value that stands by itself.
  void statement() {
    if (is_kind(Token::Kind::name)) {
      const std::string name = tokens_[at_].text;
      if (is_sign('=', 1) && !is_sign('=', 2)) return assign(name, 2, false);
      if (is_sign('+', 1) && is_sign('=', 2)) return assign(name, 3, true);
      if (is_writer(name) && is_sign('(', 1)) return write();
      const auto known = variables_.find(name);
      if (known == variables_.end() && !begins_value()) return static_cast<void>(++at_);
    } else if (!begins_value()) {
      ++at_;
      return;
    }
    const std::size_t before = at_;
    emit(expression(0), false);
    if (at_ == before) ++at_;
  }

  [[nodiscard]] bool begins_value() const {
    if (is_kind(Token::Kind::text)) return true;
    if (is_sign('[')) return is_kind(Token::Kind::text, 1) || is_kind(Token::Kind::name, 1);
    if (is_sign('(')) {
      // Behind a name it is a call: each of its arguments is looked at by itself, and what functions in it
      // do.
      const bool call = at_ > 0 && tokens_[at_ - 1].kind == Token::Kind::name;
      return !call && (is_kind(Token::Kind::text, 1) ||
                       (is_kind(Token::Kind::name, 1) && is_known(tokens_[at_ + 1].text)));
    }
    return is_kind(Token::Kind::name) && is_function(tokens_[at_].text);
  }

  static bool is_function(std::string_view name) {
    return name == "String" || name == "unescape" || name == "decodeURIComponent" || name == "decodeURI" ||
           name == "atob" || name == "eval";
  }
  [[nodiscard]] bool is_known(const std::string& name) const {
    return is_function(name) || variables_.contains(name);
  }
  static bool is_writer(std::string_view name) {
    return name == "write" || name == "writeln" || name == "html" || name == "append" ||
           name == "insertAdjacentHTML" || name == "open" || name == "assign";
  }
  static bool is_shown_property(std::string_view name) {
    static constexpr std::array<std::string_view, 7> properties{
        "innerHTML", "outerHTML", "textContent", "innerText", "href", "location", "title"};
    return std::find(properties.begin(), properties.end(), name) != properties.end();
  }

  void assign(const std::string& name, std::size_t skip, bool more) {
    at_ += skip;
    Value value = expression(0);
    Value& variable = variables_[name];
    if (more && variable.known && !variable.list && value.known && !value.list) {
      value.text = variable.text + value.text;
      value.built = true;
    } else if (more && !variable.known) {
      value.known = false;
    }
    if (value.text.size() > longest_text) value = {};
    emit(value, is_shown_property(name));
    // What a loop makes of a list of character codes.
    if (value.list && char_codes_) emit(from_char_codes(value.items), false);
    variable = std::move(value);
  }

  void write() {
    at_ += 2;
    while (at_ < tokens_.size() && !is_sign(')')) {
      const std::size_t before = at_;
      const Value value = expression(0);
      emit(value, true);
      if (value.known && !value.list && written_.size() + value.text.size() < 4 * longest_text)
        written_ += value.text;
      if (at_ == before || is_sign(',')) ++at_;
    }
  }

  // term { + term }
  Value expression(int depth) {
    Value sum = term(depth);
    while (is_sign('+') && !is_sign('+', 1) && !is_sign('=', 1)) {
      ++at_;
      const Value next = term(depth);
      if (!sum.known && !next.known) continue;
      std::string text = as_text(sum) + as_text(next);
      sum = text.size() > longest_text ? Value{} : Value::of(std::move(text), true);
    }
    return sum;
  }

  static std::string as_text(const Value& value) {
    if (!value.known) return std::string(unknown_text);
    return value.list ? join(value.items, ",") : value.text;
  }

  Value term(int depth) {
    Value value = primary(depth);
    while (at_ < tokens_.size()) {
      if (is_sign('.') && is_kind(Token::Kind::name, 1)) {
        const std::string method = tokens_[at_ + 1].text;
        at_ += 2;
        if (!is_sign('(')) {
          value = {};  // a property
          continue;
        }
        value = call(std::move(value), method, depth);
      } else if (is_sign('[') && value.known && value.list && is_kind(Token::Kind::number, 1) &&
                 is_sign(']', 2)) {
        const auto index = parse_decimal(tokens_[at_ + 1].text);
        at_ += 3;
        value = index && *index < value.items.size() ? Value::of(value.items[*index], false) : Value{};
      } else if (is_sign('(') && !value.known) {
        skip_brackets();
      } else {
        break;
      }
    }
    return value;
  }

  Value primary(int depth) {
    if (depth > deepest || at_ >= tokens_.size()) return {};
    const Token& token = tokens_[at_];
    if (token.kind == Token::Kind::text || token.kind == Token::Kind::number) {
      ++at_;
      return Value::of(token.text, false);
    }
    if (token.kind == Token::Kind::name) return named(token.text, depth);
    if (token.text == "(") {
      ++at_;
      Value inner = expression(depth + 1);
      skip_to_close();
      return inner;
    }
    if (token.text == "[") {
      ++at_;
      return Value::of(arguments(']', depth));
    }
    return {};
  }

  Value named(const std::string& name, int depth) {
    ++at_;
    if (name == "String" && is_sign('.') && is(Token::Kind::name, "fromCharCode", 1) && is_sign('(', 2)) {
      at_ += 3;
      return from_char_codes(arguments(')', depth));
    }
    if (is_function(name) && name != "String" && is_sign('(')) {
      ++at_;
      const auto given = arguments(')', depth);
      if (given.size() != 1) return {};
      if (name == "eval") return Value::of(given[0], true);
      if (name != "atob") return Value::of(unescaped(given[0]), true);
      auto octets = decode_base64(given[0]);
      return octets && is_utf8(*octets) ? Value::of(std::move(*octets), true) : Value{};
    }
    const auto known = variables_.find(name);
    return known == variables_.end() ? Value{} : known->second;
  }

  static Value from_char_codes(const std::vector<std::string>& codes) {
    std::string text;
    for (const std::string& code : codes) {
      const auto number = parse_decimal(code);
      if (!number || *number > 0xFFFF) return {};
      append_character(text, static_cast<std::uint32_t>(*number));
    }
    return Value::of(std::move(text), true);
  }

  // Behind the opening bracket; past the closing one. What is not known is U+FFFD.
  std::vector<std::string> arguments(char close, int depth) {
    std::vector<std::string> out;
    while (at_ < tokens_.size() && !is_sign(close) && out.size() < 4096) {
      const std::size_t before = at_;
      out.push_back(as_text(expression(depth + 1)));
      if (!is_sign(',') && !is_sign(close)) skip_argument(close);
      if (is_sign(',')) ++at_;
      if (at_ == before) ++at_;
    }
    if (is_sign(close)) ++at_;
    return out;
  }

  // To the comma or bracket that ends an argument that we cannot read.
  void skip_argument(char close) {
    while (at_ < tokens_.size() && !is_sign(',') && !is_sign(close)) {
      if (is_sign('(') || is_sign('[') || is_sign('{')) {
        skip_brackets();
      } else {
        ++at_;
      }
    }
  }

  void skip_brackets() {
    std::size_t open = 0;
    for (; at_ < tokens_.size(); ++at_) {
      if (tokens_[at_].kind != Token::Kind::sign) continue;
      const char sign = tokens_[at_].text.front();
      if (sign == '(' || sign == '[' || sign == '{') ++open;
      if ((sign == ')' || sign == ']' || sign == '}') && --open == 0) return static_cast<void>(++at_);
    }
  }

  void skip_to_close() {
    skip_argument(')');
    while (is_sign(',')) {
      ++at_;
      skip_argument(')');
    }
    if (is_sign(')')) ++at_;
  }

  Value call(Value value, const std::string& method, int depth) {
    // A pattern is no value of ours; replace and split take it as it stands.
    const bool regex = is_kind(Token::Kind::regex, 1);
    const std::string pattern = regex ? tokens_[at_ + 1].text : "";
    at_ += regex ? 2 : 1;
    if (regex && is_sign(',')) ++at_;
    const auto given = arguments(')', depth);
    if (!value.known) return {};
    if (value.list) return of_list(value, method, given);
    if (method == "concat") return Value::of(value.text + join(given, ""), true);
    if (method == "replace" || method == "replaceAll")
      return replace(std::move(value), regex, pattern, given);
    if (method == "split") return split_up(value.text, regex, pattern, given);
    if (method == "toLowerCase") return Value::of(ascii_lower(value.text), value.built);
    if (method == "trim" || method == "toString") return value;
    return {};
  }

  static Value of_list(const Value& value, std::string_view method, const std::vector<std::string>& given) {
    if (method == "join") return Value::of(join(value.items, given.empty() ? "," : given[0]), true);
    if (method == "reverse")
      return Value::of(std::vector<std::string>(value.items.rbegin(), value.items.rend()));
    return {};
  }

  Value replace(Value value, bool regex, std::string_view pattern,
                const std::vector<std::string>& given) const {
    const std::string with = given.empty() ? std::string(unknown_text) : given.back();
    if (!regex) {
      if (given.size() != 2) return {};
      return Value::of(replaced(std::move(value.text), given[0], given[1]), true);
    }
    if (const auto plain = plain_pattern(pattern); plain && with.find(unknown_text) == std::string::npos)
      return Value::of(replaced(std::move(value.text), *plain, with), true);
    // Each letter by a function that counts with 13: that is rot13.
    const bool letters = pattern == "[a-zA-Z]" || pattern == "[A-Za-z]" || pattern == "[a-z]";
    return letters && numbers_13_ ? Value::of(rot13(value.text), true) : Value{};
  }

  static Value split_up(std::string_view text, bool regex, std::string_view pattern,
                        const std::vector<std::string>& given) {
    const std::string by = regex ? plain_pattern(pattern).value_or(std::string(unknown_text))
                                 : (given.empty() ? std::string(unknown_text) : given[0]);
    if (by.empty()) return Value::of(characters(text));
    std::vector<std::string> parts;
    for (;;) {
      const auto at = text.find(by);
      parts.emplace_back(text.substr(0, at));
      if (at == std::string_view::npos) return Value::of(std::move(parts));
      text.remove_prefix(at + by.size());
    }
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool numbers_13_ = false;
  bool char_codes_ = false;  // String.fromCharCode is called somewhere
  std::map<std::string, Value> variables_;
  std::vector<ScriptText> texts_;
  std::string written_;  // by document.write, all of it in one
};

}  // namespace

std::vector<ScriptText> script_texts(std::string_view script) {
  if (script.size() > longest_script) return {};
  return Folder(Lexer(script).tokens()).fold();
}

}  // namespace portavoz
