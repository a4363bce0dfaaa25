#include "core/policy/reply.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/mail/unicode.h"

namespace portavoz {
namespace {

// RFC 5321 §4.5.3.1.5 allows 512 with code and CRLF; short lines are read more easily in a bounce.
constexpr std::size_t line_octets = 200;
constexpr std::size_t max_lines = 20;  // libmilter takes 32
constexpr std::size_t max_value_octets = 120;

// A value as a sender may see it: ASCII, and short, so that no address pushes the explanation out of the
// reply.
std::string shown(std::string_view value) {
  std::string text = fold_to_ascii(value);
  if (text.size() > max_value_octets) text = text.substr(0, max_value_octets) + "...";
  return text;
}

void append_wrapped(std::vector<std::string>& lines, std::string_view text) {
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > line_octets) {
      const auto blank = text.rfind(' ', line_octets);
      length = blank == std::string_view::npos || blank == 0 ? line_octets : blank;
    }
    lines.emplace_back(trim(text.substr(0, length)));
    text.remove_prefix(length);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
}

std::vector<std::string> languages_of(const Verdict& verdict) {
  if (verdict.guarded_list && !verdict.guarded_list->languages.empty())
    return verdict.guarded_list->languages;
  return {"en", "es"};
}

}  // namespace

std::string fill(std::string_view text, const std::map<std::string, std::string, std::less<>>& values) {
  std::string filled;
  filled.reserve(2 * text.size());
  while (!text.empty()) {
    const auto open = text.find('{');
    filled += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    const auto value =
        close == std::string_view::npos ? values.end() : values.find(text.substr(open + 1, close - open - 1));
    if (value == values.end()) {
      filled += '{';
      text.remove_prefix(open + 1);
      continue;
    }
    filled += value->second;
    text.remove_prefix(close + 1);
  }
  return filled;
}

Reply compose_reply(const Verdict& verdict, const Wording& wording) {
  const RuleInfo& rule = info(verdict.rule);
  const std::string admin = verdict.guarded_list ? verdict.guarded_list->admin_address : "";
  const std::map<std::string, std::string, std::less<>> values{
      {"list", shown(verdict.list)}, {"from", shown(verdict.header_from)}, {"admin", shown(admin)}};
  Reply reply{std::string(rule.code), std::string(rule.enhanced), {}};
  for (const std::string& language : languages_of(verdict)) {
    const std::string key = "reply." + std::string(rule.word);
    append_wrapped(reply.lines, fill(fold_to_ascii(wording.text(language, key)), values));
    if (!admin.empty())
      append_wrapped(reply.lines, fill(fold_to_ascii(wording.text(language, "reply.ask-admins")), values));
  }
  if (reply.lines.empty()) reply.lines.emplace_back(rule.word);
  if (reply.lines.size() > max_lines) reply.lines.resize(max_lines);
  return reply;
}

}  // namespace portavoz
