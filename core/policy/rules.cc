#include "core/policy/rules.h"

#include <array>

namespace portavoz {
namespace {

constexpr std::array<RuleInfo, 24> rules{{
    {Rule::not_guarded, "not-guarded", Answer::pass, "", "",
     "No recipient is a guarded list: the message is left alone."},
    {Rule::roll_unavailable, "roll-unavailable", Answer::tempfail, "451", "4.3.0",
     "The roll has never been loaded, is older than roll.max_age or past its valid-until: nobody's right to "
     "post can be known now."},
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
    {Rule::domain_gone, "domain-gone", Answer::tempfail, "451", "4.1.8",
     "The domain of the designated contact in From was gone from the DNS for days: whoever buys it has the "
     "address. Until an admin decides, no post of it is taken and none is refused."},
    {Rule::wrong_login, "wrong-login", Answer::reject, "550", "5.7.1",
     "The sender logged in with an account that does not own the designated contact in From."},
    {Rule::already_posted, "already-posted", Answer::reject, "550", "5.7.1",
     "This signed post has gone to the list already; a signature is good for one post."},
    {Rule::dkim_unavailable, "dkim-unavailable", Answer::tempfail, "451", "4.4.3",
     "The post is signed, and the key that would prove it cannot be looked up now."},
    {Rule::spf_unavailable, "spf-unavailable", Answer::tempfail, "451", "4.7.24",
     "The SPF record that would prove the post cannot be looked up now."},
    {Rule::dkim_failed, "dkim-failed", Answer::reject, "550", "5.7.20",
     "The post carries a signature of a domain that counts for this contact, and none of them holds."},
    {Rule::not_for_this_list, "not-for-this-list", Answer::reject, "550", "5.7.26",
     "The signature shows who wrote this, and nothing shows that it was meant for the list: the list is not "
     "in a "
     "signed To or Cc."},
    {Rule::too_old, "too-old", Answer::reject, "550", "5.7.26",
     "The signature holds, but Date is not signed, or not within the last seven days."},
    {Rule::shared_provider, "shared-provider", Answer::reject, "550", "5.7.26",
     "The contact's mail provider is shared by strangers: the signature holds, and SPF for the same mailbox "
     "is "
     "missing."},
    {Rule::spf_failed, "spf-failed", Answer::reject, "550", "5.7.23",
     "SPF is what proves this contact, and it does not pass for this client and envelope sender."},
    {Rule::not_proven, "not-proven", Answer::reject, "550", "5.7.26",
     "From is a designated contact, but nothing proves that this message comes from it."},
    {Rule::needs_confirmation, "needs-confirmation", Answer::hold, "250", "2.0.0",
     "From is a designated contact, and only a person can judge whether this post is its: it is kept aside."},
    {Rule::proven_by_login, "proven-by-login", Answer::accept, "250", "2.0.0",
     "The sender logged in with an account that owns the designated contact in From."},
    {Rule::proven_by_dkim, "proven-by-dkim", Answer::accept, "250", "2.0.0",
     "A signature of a domain that counts for this contact holds, over a recent post meant for this list."},
    {Rule::proven_by_spf, "proven-by-spf", Answer::accept, "250", "2.0.0",
     "SPF passes for the envelope sender, which is the contact itself, and counts alone for it."},
    {Rule::seal_unavailable, "seal-unavailable", Answer::tempfail, "451", "4.3.0",
     "The post is proven, and the gate cannot seal it: the key in gate.seal_key cannot be read."},
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
    case Answer::hold: return "hold";
  }
  return "";
}

}  // namespace portavoz
