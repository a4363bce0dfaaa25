// The rules by which the gate and the door answer, each under its one word. The word is the function or
// branch that decides, the id in a verdict, the field in the log, the row in docs/rules.md, and the key
// `reply.WORD` of the wording catalogues. tests/check-docs compares these places. Threads: constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace portavoz {

// What the mail server is told about the whole message.
enum class Answer : std::uint8_t {
  pass,      // no guarded recipient: none of our business
  accept,    // a post that may reach its list; it is sealed
  reject,    // 5xx: refused for good, with a reason that the sender sees
  tempfail,  // 4xx: cannot know now, try again
  hold,      // only a person can judge it: it goes on unsealed, and the door keeps it aside
};

enum class Rule : std::uint8_t {
  not_guarded,
  roll_unavailable,
  list_unknown,
  automatic_mail,
  broken_from,
  repeated_field,
  not_designated,
  domain_gone,
  wrong_login,
  already_posted,
  dkim_unavailable,
  spf_unavailable,
  dkim_failed,
  not_for_this_list,
  too_old,
  shared_provider,
  spf_failed,
  not_proven,
  needs_confirmation,
  proven_by_login,
  proven_by_dkim,
  proven_by_spf,
  seal_unavailable,
  internal_error,
};

struct RuleInfo {
  Rule rule;
  std::string_view word;
  Answer answer;
  std::string_view code;      // SMTP reply code, RFC 5321 §4.2; empty where nothing is replied
  std::string_view enhanced;  // enhanced status code, RFC 3463; of the same class as code
  std::string_view meaning;   // one sentence for the operator
};

[[nodiscard]] std::span<const RuleInfo> all_rules();
[[nodiscard]] const RuleInfo& info(Rule rule);
[[nodiscard]] const RuleInfo* find_rule(std::string_view word);  // nullptr when there is no such rule

[[nodiscard]] std::string_view word(Answer answer);  // "pass", "accept", "reject", "tempfail", "hold"

}  // namespace portavoz
