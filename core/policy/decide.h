// The decision: facts about a message in, a verdict out. No clock, no I/O, no log; the gate gathers the facts
// before and acts after, and whoever holds the same facts gets the same verdict.
//
// A message with several guarded lists gets one answer for all of its recipients: the reply names the list
// that refused. Threads: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/mail/message.h"
#include "core/policy/guard.h"
#include "core/policy/roll.h"
#include "core/policy/rules.h"

namespace portavoz {

// What is known about one message at its end.
struct PostFacts {
  std::string mail_from;             // {mail_addr}; empty for the null reverse-path
  std::optional<std::string> login;  // {auth_authen} of a real SASL login; nothing without one
  std::vector<GuardHit> lists;       // the guarded recipients, each list once
  std::vector<Field> fields;         // the header, top first; needed only when `lists` is not empty
};

struct DecideLimits {
  Seconds roll_max_age{0};
};

// A list that takes the post, and the designation by which it does.
struct AcceptedList {
  GuardedList list;
  Designation designation;
};

struct Verdict {
  Rule rule = Rule::internal_error;
  std::string list;                         // posting address that decided; empty when not guarded
  std::optional<GuardedList> guarded_list;  // what the roll says of it
  std::string header_from;                  // canonical From, empty when it could not be read
  std::optional<Designation> designation;   // when From is designated on that list
  std::string detail;                       // one clause for log and explain, as "From holds a group"
  std::vector<AcceptedList> accepted;       // for an acceptance: every list, each to be sealed for

  [[nodiscard]] Answer answer() const { return info(rule).answer; }
  [[nodiscard]] std::string_view proof() const { return rule == Rule::proven_by_login ? "login" : ""; }
};

[[nodiscard]] Verdict decide(const PostFacts& facts, const Roll& roll, const DecideLimits& limits,
                             Instant now);

}  // namespace portavoz
