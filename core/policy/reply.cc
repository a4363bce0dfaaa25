#include "core/policy/reply.h"

#include <algorithm>
#include <array>

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

const std::vector<std::string>& languages_of(const Verdict& verdict) {
  static const std::vector<std::string> both{"en", "es"};
  return verdict.guarded_list && !verdict.guarded_list->languages.empty() ? verdict.guarded_list->languages
                                                                          : both;
}

}  // namespace

ReplyTexts::ReplyTexts(const Wording& wording, const std::vector<std::string>& languages) {
  for (const std::string& name : languages) {
    Language& language = languages_[name];
    language.rules.resize(all_rules().size());
    for (const RuleInfo& rule : all_rules())
      if (rule.answer == Answer::reject || rule.answer == Answer::tempfail)
        language.rules.at(static_cast<std::size_t>(rule.rule)) =
            fold_to_ascii(wording.text(name, "reply." + std::string(rule.word)));
    language.ask_admins = fold_to_ascii(wording.text(name, "reply.ask-admins"));
  }
}

const ReplyTexts::Language& ReplyTexts::in(std::string_view language) const {
  const auto found = languages_.find(language);
  return found != languages_.end() ? found->second : languages_.at("en");
}

const std::string& ReplyTexts::of(std::string_view language, Rule rule) const {
  return in(language).rules.at(static_cast<std::size_t>(rule));
}

const std::string& ReplyTexts::ask_admins(std::string_view language) const { return in(language).ask_admins; }

std::string fill(std::string_view text, std::span<const Value> values) {
  std::string filled;
  filled.reserve(2 * text.size());
  while (!text.empty()) {
    const auto open = text.find('{');
    filled += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = std::min(text.find('}', open), text.size());
    const auto name = text.substr(open + 1, close - open - 1);
    const auto value = std::find_if(values.begin(), values.end(),
                                    [&](const Value& candidate) { return candidate.name == name; });
    if (close == text.size() || value == values.end()) {
      filled += '{';
      text.remove_prefix(open + 1);
      continue;
    }
    filled += value->text;
    text.remove_prefix(close + 1);
  }
  return filled;
}

Reply compose_reply(const Verdict& verdict, const ReplyTexts& texts) {
  const RuleInfo& rule = info(verdict.rule);
  const std::string admin = verdict.guarded_list ? verdict.guarded_list->admin_address : "";
  const std::array values{Value{"list", shown(verdict.list)}, Value{"from", shown(verdict.header_from)},
                          Value{"admin", shown(admin)}};
  Reply reply{std::string(rule.code), std::string(rule.enhanced), {}};
  reply.lines.reserve(max_lines);
  for (const std::string& language : languages_of(verdict)) {
    append_wrapped(reply.lines, fill(texts.of(language, rule.rule), values));
    if (!admin.empty()) append_wrapped(reply.lines, fill(texts.ask_admins(language), values));
  }
  if (reply.lines.empty()) reply.lines.emplace_back(rule.word);
  if (reply.lines.size() > max_lines) reply.lines.resize(max_lines);
  return reply;
}

}  // namespace portavoz
