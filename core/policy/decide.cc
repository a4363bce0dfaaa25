#include "core/policy/decide.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/mail/from.h"

namespace portavoz {
namespace {

// RFC 5322 §3.6 (at most once), and RFC 2045 §3: the MIME fields that say how the body is read.
constexpr std::array single_fields{"From",         "Sender",
                                   "Reply-To",     "To",
                                   "Cc",           "Bcc",
                                   "Subject",      "Date",
                                   "Message-ID",   "In-Reply-To",
                                   "References",   "MIME-Version",
                                   "Content-Type", "Content-Transfer-Encoding"};

std::string_view first_value(const std::vector<Field>& fields, std::string_view name) {
  const auto values = field_values(fields, name);
  return values.empty() ? std::string_view() : trim(values.front());
}

// Some field that may stand once and stands twice, or nothing.
std::optional<std::string> repeated_field(const std::vector<Field>& fields) {
  for (const char* name : single_fields)
    if (field_values(fields, name).size() > 1) return name;
  return std::nullopt;
}

// Text between the last '<' and the '>' after it, as in List-Id (RFC 2919 §2).
std::string_view in_angles(std::string_view value) {
  const auto open = value.rfind('<');
  if (open == std::string_view::npos) return value;
  return value.substr(open + 1, value.find('>', open) - open - 1);
}

std::string list_id_of(std::string_view posting_address) {
  std::string id(posting_address);
  std::replace(id.begin(), id.end(), '@', '.');
  return id;
}

// Why the message is an automatic one, or nothing.
std::optional<std::string> automatic(const PostFacts& facts, const std::string& list) {
  if (facts.mail_from.empty()) return "the envelope sender is null";
  // RFC 3834 §5: any keyword but "no"; parameters may follow a semicolon.
  for (const auto value : field_values(facts.fields, "Auto-Submitted"))
    if (!ascii_iequals(trim(value.substr(0, value.find(';'))), "no")) return "Auto-Submitted says so";
  const auto type = first_value(facts.fields, "Content-Type");
  if (ascii_istarts_with(type, "multipart/report") ||
      ascii_istarts_with(type, "message/disposition-notification"))
    return "it is a delivery report or a receipt";
  for (const auto value : field_values(facts.fields, "List-Id"))
    if (ascii_iequals(in_angles(trim(value)), list_id_of(list)))
      return "this list has already sent it (List-Id)";
  return std::nullopt;
}

bool too_old(const Roll& roll, const DecideLimits& limits, Instant now) {
  const auto heard = roll.last_word();
  return !heard || now - *heard > limits.roll_max_age;
}

Rule by_login(const PostFacts& facts, const Designation& designation) {
  if (!facts.login) return Rule::not_proven;
  const auto& logins = designation.logins;
  const bool owns = std::find(logins.begin(), logins.end(), *facts.login) != logins.end();
  return owns ? Rule::proven_by_login : Rule::wrong_login;
}

Verdict decide_for(const GuardHit& hit, const PostFacts& facts, const Roll& roll, const DecideLimits& limits,
                   Instant now) {
  Verdict verdict;
  verdict.list = hit.address;
  verdict.guarded_list = hit.list;
  const auto because = [&](Rule rule, std::string detail) {
    verdict.rule = rule;
    verdict.detail = std::move(detail);
    return verdict;
  };

  if (too_old(roll, limits, now))
    return because(Rule::roll_unavailable,
                   roll.last_word() ? "the roll is too old" : "the roll was never loaded");
  if (!hit.list) return because(Rule::list_unknown, "the roll has no list at this address");
  if (const auto field = repeated_field(facts.fields))
    return because(Rule::repeated_field, *field + " stands twice");

  const auto values = field_values(facts.fields, "From");
  if (values.empty()) return because(Rule::broken_from, "From is missing");
  const auto from = parse_from(values.front());
  if (!from) return because(Rule::broken_from, from.error().what);
  verdict.header_from = from->text();

  if (const auto why = automatic(facts, hit.address)) return because(Rule::automatic_mail, *why);

  const auto designation = roll.designation(hit.list->id, *from);
  if (designation.unavailable()) return because(Rule::roll_unavailable, designation.why());
  if (designation.absent()) return because(Rule::not_designated, "");
  verdict.designation = designation.value();
  return because(by_login(facts, designation.value()),
                 facts.login ? "logged in as " + *facts.login : "no login");
}

// A refusal for good outweighs "try later": what will never be taken is said at once.
int weight(Answer answer) {
  switch (answer) {
    case Answer::reject: return 2;
    case Answer::tempfail: return 1;
    case Answer::pass:
    case Answer::accept: return 0;
  }
  return 0;
}

}  // namespace

Verdict decide(const PostFacts& facts, const Roll& roll, const DecideLimits& limits, Instant now) {
  Verdict whole;
  whole.rule = Rule::not_guarded;
  std::vector<AcceptedList> accepted;
  for (const GuardHit& hit : facts.lists) {
    Verdict verdict = decide_for(hit, facts, roll, limits, now);
    if (verdict.answer() == Answer::accept) accepted.push_back({*verdict.guarded_list, *verdict.designation});
    const bool first = whole.rule == Rule::not_guarded;
    if (first || weight(verdict.answer()) > weight(whole.answer())) whole = std::move(verdict);
  }
  if (whole.answer() == Answer::accept) whole.accepted = std::move(accepted);
  return whole;
}

}  // namespace portavoz
