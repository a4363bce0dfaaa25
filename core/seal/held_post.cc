#include "core/seal/held_post.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::string_view first_line = "portavoz-held 1";
constexpr std::uint64_t last_second = 253402300799;  // 9999-12-31T23:59:59Z

struct TextFact {
  std::string_view name;
  std::string HeldPost::*member;
};

constexpr std::array text_facts = {
    TextFact{"id", &HeldPost::id},
    TextFact{"list", &HeldPost::list},
    TextFact{"recipient", &HeldPost::recipient},
    TextFact{"sender", &HeldPost::sender},
    TextFact{"queue-id", &HeldPost::queue_id},
    TextFact{"reason", &HeldPost::reason},
    TextFact{"detail", &HeldPost::detail},
    TextFact{"contact", &HeldPost::contact},
    TextFact{"message-id", &HeldPost::message_id},
    TextFact{"from", &HeldPost::from},
    TextFact{"subject", &HeldPost::subject},
    TextFact{"body-sha256", &HeldPost::body_sha256},
};

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '%')
      escaped += c;
    else
      escaped.append("%").append(to_hex({&c, 1}));
  }
  return escaped;
}

std::optional<unsigned> hex_digit(char c) {
  if (is_ascii_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
  return std::nullopt;
}

std::optional<std::string> unescape(std::string_view escaped) {
  std::string text;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '%') {
      text += escaped[i];
      continue;
    }
    if (i + 2 >= escaped.size()) return std::nullopt;
    const auto high = hex_digit(escaped[i + 1]);
    const auto low = hex_digit(escaped[i + 2]);
    if (!high || !low) return std::nullopt;
    text += static_cast<char>(*high * 16U + *low);
    i += 2;
  }
  return text;
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(" ").append(escape(value)).append("\n");
}

bool take_fact(HeldPost& post, std::string_view name, const std::string& value) {
  const auto* const fact = std::find_if(text_facts.begin(), text_facts.end(),
                                        [&](const TextFact& one) { return one.name == name; });
  if (fact != text_facts.end()) {
    post.*(fact->member) = value;
    return true;
  }
  if (name == "argv") {
    post.argv.push_back(value);
    return true;
  }
  const auto number = parse_decimal(value);
  if (!number || (name == "time" && *number > last_second)) return false;
  if (name == "time") post.time = Instant(Seconds(static_cast<std::int64_t>(*number)));
  if (name == "size") post.size = *number;
  return name == "time" || name == "size";
}

Error unreadable(const std::string& why) {
  return {ErrorKind::bad_input, "the record of a held post cannot be read: " + why};
}

}  // namespace

std::string format_held_post(const HeldPost& post) {
  std::string text = std::string(first_line) + "\n";
  for (const TextFact& fact : text_facts) add_line(text, fact.name, post.*(fact.member));
  add_line(text, "time", std::to_string(post.time.time_since_epoch().count()));
  add_line(text, "size", std::to_string(post.size));
  for (const std::string& argument : post.argv) add_line(text, "argv", argument);
  return text;
}

Result<HeldPost> parse_held_post(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  if (lines.front() != first_line)
    return unreadable("it does not begin with \"" + std::string(first_line) + "\"");
  if (!lines.back().empty()) return unreadable("its last line is cut off");
  HeldPost post;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const auto blank = line.find(' ');
    const auto value = blank == std::string_view::npos ? std::nullopt : unescape(line.substr(blank + 1));
    if (!value || !take_fact(post, line.substr(0, blank), *value))
      return unreadable("line " + std::to_string(i + 1) + " is no fact of this release");
  }
  return post;
}

bool same_delivery(const HeldPost& a, const HeldPost& b) {
  return a.queue_id == b.queue_id && a.list == b.list && a.message_id == b.message_id &&
         a.body_sha256 == b.body_sha256 && a.from == b.from && a.subject == b.subject;
}

}  // namespace portavoz
