#include "admin/proof.h"

#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/inputs.h"

namespace portavoz::admin {
namespace {

const char* word(bool value) { return value ? "true" : "false"; }

std::string what_changed(const pg::Rows& rows, const Proof& proof) {
  const std::string contact = text(rows, 0, "contact_id");
  const std::string who = text(rows, 0, "address") + " (" + text(rows, 0, "assembly") + ")";
  std::string said = "What proves the posts of " + who + ":\n  before: " + text(rows, 0, "before") +
                     "\n  after:  " + text(rows, 0, "after") + '\n';
  if (rows.integer(0, "deciders_missing") > 0) {
    return said + "That is recorded and changes nothing yet: " + text(rows, 0, "list") +
           " has the two-person rule. Next: another admin says the same, `portavoz change-proof " + contact +
           ' ' + as_options(proof) + " --reason …`.";
  }
  said += "It is in force; every gate that reaches the register knows within moments.";
  if (proves_nothing(proof)) said += " Nothing can prove a post of theirs now.";
  return said + " Next: `portavoz log --posts` shows what the gate answers them.";
}

}  // namespace

Result<Answer> run(Context& context, const ChangeProof& args) {
  const auto contact = number(args.contact, "contact");
  if (!contact) return contact.error();
  const auto proof = stated(args.proof, std::nullopt);
  if (!proof) return proof.error();
  const auto rows =
      tell(context,
           "SELECT d.decision_id, d.contact_id, d.state, d.deciders_missing, d.before, d.after, c.assembly, "
           "c.address, "
           "c.list FROM portavoz.change_proof($1::bigint, $2::text[], $3::text[], $4::boolean, $5::boolean, "
           "$6) AS d "
           "LEFT JOIN portavoz.contacts_overview AS c USING (contact_id)",
           {*contact, pg::array_literal(proof->logins), pg::array_literal(proof->signing_domains),
            word(proof->spf), word(proof->shared), args.reason});
  if (!rows) return rows.error();
  return Answer{Json::object({{"decision", "change-proof"},
                              {"decision_id", rows->integer(0, "decision_id")},
                              {"contact_id", rows->integer(0, "contact_id")},
                              {"state", text(*rows, 0, "state")},
                              {"deciders_missing", rows->integer(0, "deciders_missing")},
                              {"before", text(*rows, 0, "before")},
                              {"after", text(*rows, 0, "after")}}),
                lay_out(what_changed(*rows, *proof), context.screen()), 0};
}

}  // namespace portavoz::admin
