#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/inputs.h"

namespace portavoz::admin {
namespace {

bool about_a_report(DecisionKind kind) {
  return kind == DecisionKind::approve || kind == DecisionKind::reject;
}

std::string what_changed(DecisionKind kind, const std::string& who, const std::string& list) {
  switch (kind) {
    case DecisionKind::approve:
    case DecisionKind::vouch:
      return who + " may post to " + list +
             " from now on; every gate that reaches the register knows within moments. Next: `portavoz log "
             "--posts` "
             "shows what the gate answers them.";
    case DecisionKind::restore:
      return who + " may post to " + list +
             " again; every gate that reaches the register knows within moments.";
    case DecisionKind::reject:
      return who + " is refused and may not post to " + list + ". They may apply again.";
    case DecisionKind::suspend:
      return who + " may not post to " + list +
             " from now on; every gate that reaches the register knows within moments. Next: `portavoz "
             "restore` when "
             "the reason is gone, `portavoz retire` when it is for good.";
    case DecisionKind::retire:
      return who + " may not post to " + list +
             " any more, for good; every gate that reaches the register knows within moments. To come back "
             "they apply "
             "again.";
    default: return {};  // kinds that have no command
  }
}

}  // namespace

Result<Answer> run(Context& context, const Decide& args) {
  const auto subject = number(args.subject, about_a_report(args.kind) ? "report" : "contact");
  if (!subject) return subject.error();
  // Who decides is not among the arguments: the register takes it from the session.
  const auto rows = tell(
      context,
      std::string("SELECT d.decision_id, d.contact_id, d.state, d.deciders_missing, c.assembly, c.address, "
                  "c.list FROM portavoz.") +
          std::string(to_text(args.kind)) +
          "($1::bigint, $2) AS d LEFT JOIN portavoz.contacts_overview AS c USING (contact_id)",
      {*subject, args.reason});
  if (!rows) return rows.error();
  const std::int64_t missing = rows->integer(0, "deciders_missing");
  const std::string who = text(*rows, 0, "address") + " (" + text(*rows, 0, "assembly") + ")";
  const std::string said = missing > 0
                               ? "Your decision about " + who +
                                     " is recorded and changes nothing yet: " + text(*rows, 0, "list") +
                                     " has the two-person rule. Next: another admin runs `portavoz " +
                                     std::string(to_text(args.kind)) + " " + *subject + " --reason …`."
                               : what_changed(args.kind, who, text(*rows, 0, "list"));
  return Answer{Json::object({{"decision", std::string(to_text(args.kind))},
                              {"decision_id", rows->integer(0, "decision_id")},
                              {"contact_id", rows->integer(0, "contact_id")},
                              {"state", text(*rows, 0, "state")},
                              {"deciders_missing", missing}}),
                lay_out(said, context.screen()), 0};
}

}  // namespace portavoz::admin
