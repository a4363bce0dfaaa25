// The decision: facts about a message in, a verdict out, or the one question whose answer is missing. No
// clock, no I/O, no log; whoever gathers the facts asks again with the answer, and whoever holds the same
// facts gets the same verdict. The gate, the door and `portavoz try` all decide by this.
//
// Nothing is asked about mail that is not a post by a designated contact. A message with several guarded
// lists gets one answer for all of its recipients: the reply names the list that refused. Threads: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/time.h"
#include "core/dkim/dkim.h"
#include "core/mail/message.h"
#include "core/net/ip.h"
#include "core/policy/guard.h"
#include "core/policy/roll.h"
#include "core/policy/rules.h"
#include "core/spf/spf.h"

namespace portavoz {

// What is known about one message at its end.
struct PostFacts {
  std::string mail_from;             // {mail_addr}; empty for the null reverse-path
  std::optional<std::string> login;  // {auth_authen} of a real SASL login; nothing without one
  // The client whose SPF can be judged; nothing at the door, and behind a relay of ours.
  std::optional<IpAddress> client;
  std::vector<GuardHit> lists;    // the guarded recipients, each list once
  std::vector<Field> fields;      // the header, top first; needed only when `lists` is not empty
  std::optional<DkimFacts> dkim;  // of the domains that were asked for; nothing: not looked at yet
  std::optional<SpfAnswer> spf;   // nothing: not looked at yet
};

// What has to be looked at before there is a verdict.
struct Question {
  enum class About : std::uint8_t { dkim, spf };
  About about;
  std::vector<std::string> signing_domains;  // for dkim: the signatures by these, and no others
};

struct DecideLimits {
  Seconds roll_max_age{0};
  bool can_hold = true;  // what is not sealed is kept aside further on: there is a door
};

// A list that takes the post, and the designation by which it does.
struct AcceptedList {
  Rule rule;  // what proved it
  GuardedList list;
  Designation designation;
  std::vector<std::string> marks;  // of the signatures that count for it (core/policy/marks.h)
};

// One rule that was looked at, in order; the last one of a verdict is the rule that decided.
struct Step {
  Rule rule;
  bool decided;
  std::string why;  // one clause, as "From holds one mailbox"
};

struct Verdict {
  Rule rule = Rule::internal_error;
  std::string list;                         // posting address that decided; empty when not guarded
  std::optional<GuardedList> guarded_list;  // what the roll says of it
  std::string header_from;                  // canonical From, empty when it could not be read
  std::optional<Designation> designation;   // when From is designated on that list
  std::string detail;                       // one clause for log and explain, as "From holds a group"
  std::vector<Step> steps;                  // for explain
  std::vector<AcceptedList> accepted;       // for an acceptance: every list, each to be sealed for

  [[nodiscard]] Answer answer() const { return info(rule).answer; }
};

// "login", "dkim" or "spf" for a rule that accepts; empty for the others.
[[nodiscard]] std::string_view proof_of(Rule rule);

[[nodiscard]] std::variant<Verdict, Question> decide(const PostFacts& facts, const Roll& roll,
                                                     const DecideLimits& limits, Instant now);

// What is added to an accepted post for its readers: Portavoz-Proof, Portavoz-Designation, Portavoz-Assembly,
// in the order in which they are put on top.
[[nodiscard]] std::vector<Field> fields_for_readers(const AcceptedList& accepted);

}  // namespace portavoz
