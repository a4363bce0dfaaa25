#include "core/policy/rules.h"

#include <array>

namespace portavoz {
namespace {

constexpr std::array<RuleInfo, 11> rules{{
    {Rule::not_guarded, "not-guarded", Answer::pass, "", "",
     "No recipient is a guarded list: the message is left alone."},
    {Rule::roll_unavailable, "roll-unavailable", Answer::tempfail, "451", "4.3.0",
     "The roll has never been loaded or is older than roll.max_age: nobody's right to post can be known "
     "now."},
    {Rule::list_unknown, "list-unknown", Answer::tempfail, "451", "4.3.0",
     "The configuration guards this address (gate.always_guard), but the roll has no such list."},
    {Rule::automatic_mail, "automatic-mail", Answer::reject, "550", "5.7.2",
     "An automatic message (auto-reply, report, or one that this list has already sent) is never a post."},
    {Rule::broken_from, "broken-from", Answer::reject, "550", "5.6.0",
     "From is missing or does not hold exactly one mailbox, so nobody can say whose post it is."},
    {Rule::repeated_field, "repeated-field", Answer::reject, "550", "5.6.0",
     "A field that may stand once stands twice; two mail programs would show two different messages."},
    {Rule::not_designated, "not-designated", Answer::reject, "550", "5.7.2",
     "The address in From is not the designated contact of an assembly on this list."},
    {Rule::wrong_login, "wrong-login", Answer::reject, "550", "5.7.1",
     "The sender logged in with an account that does not own the designated contact in From."},
    {Rule::not_proven, "not-proven", Answer::reject, "550", "5.7.26",
     "From is a designated contact, but nothing proves that this message comes from it."},
    {Rule::proven_by_login, "proven-by-login", Answer::accept, "250", "2.0.0",
     "The sender logged in with an account that owns the designated contact in From."},
    {Rule::internal_error, "internal-error", Answer::tempfail, "451", "4.3.0",
     "Portavoz itself failed while it looked at this post; the log says how."},
}};

}  // namespace

std::span<const RuleInfo> all_rules() { return rules; }

const RuleInfo& info(Rule rule) { return rules.at(static_cast<std::size_t>(rule)); }

const RuleInfo* find_rule(std::string_view word) {
  for (const RuleInfo& rule : rules)
    if (rule.word == word) return &rule;
  return nullptr;
}

std::string_view word(Answer answer) {
  switch (answer) {
    case Answer::pass: return "pass";
    case Answer::accept: return "accept";
    case Answer::reject: return "reject";
    case Answer::tempfail: return "tempfail";
  }
  return "";
}

}  // namespace portavoz
