// What the roll of this host says, whoever filled it. Only its directory is read.
#include "adapters/lmdb/roll_file.h"
#include "adapters/os/clock.h"
#include "admin/commands/commands.h"
#include "core/base/text.h"
#include "core/registry/roster.h"

namespace portavoz::admin {
namespace {

constexpr int needs_you = 1;

Result<std::unique_ptr<LmdbRoll>> open_roll(Context& context) {
  const auto settings = context.settings();
  if (!settings) return settings.error();
  return LmdbRoll::open((*settings)->roll.directory);
}

Result<RollContents> read_roll(Context& context) {
  const auto roll = open_roll(context);
  return roll ? (*roll)->contents() : Result<RollContents>(roll.error());
}

std::string posting_address_of(const RollContents& roll, std::int64_t list_id) {
  for (const GuardedList& list : roll.lists)
    if (list.id == list_id) return list.posting_address;
  return "";
}

std::vector<std::string> aliases_of(const GuardedList& list) {
  std::vector<std::string> aliases;
  for (const std::string& address : list.addresses)
    if (address != list.posting_address) aliases.push_back(address);
  return aliases;
}

std::string in_words(const Proof& proof) {
  std::vector<std::string> parts;
  if (!proof.logins.empty()) parts.push_back("login " + join(proof.logins, ", "));
  if (!proof.signing_domains.empty())
    parts.push_back("DKIM by " + join(proof.signing_domains, ", ") +
                    (proof.shared ? " together with SPF (shared provider)" : ""));
  if (proof.spf) parts.emplace_back("SPF alone");
  return parts.empty() ? "none" : join(parts, "; ");
}

Table lists_table(const RollContents& roll) {
  Table table{{"LIST", "ALIASES", "LANGUAGES", "ADMINS", "HOLDS UNPROVEN"}, {}};
  for (const GuardedList& list : roll.lists)
    table.rows.push_back({{list.posting_address},
                          {join(aliases_of(list), " ")},
                          {join(list.languages, " ")},
                          {list.admin_address},
                          {list.holds_unproven ? "yes" : "no"}});
  return table;
}

Table contacts_table(const RollContents& roll) {
  Table table{{"LIST", "ASSEMBLY", "ADDRESS", "PROVEN BY", "BY"}, {}};
  for (const RollContact& row : roll.contacts)
    table.rows.push_back({{posting_address_of(roll, row.list_id)},
                          {row.designation.assembly},
                          {row.designation.address},
                          {in_words(row.designation.proof)},
                          {by_whom(row.designation)}});
  return table;
}

Json json_of(const GuardedList& list) {
  return Json::object({{"list_id", list.id},
                       {"posting_address", list.posting_address},
                       {"aliases", aliases_of(list)},
                       {"languages", list.languages},
                       {"admin_address", list.admin_address},
                       {"holds_unproven", list.holds_unproven}});
}

Json json_of(const RollContents& roll, const RollContact& row) {
  const Designation& contact = row.designation;
  return Json::object({{"contact_id", contact.contact_id},
                       {"decision_id", contact.decision_id == 0 ? Json() : Json(contact.decision_id)},
                       {"list", posting_address_of(roll, row.list_id)},
                       {"assembly", contact.assembly},
                       {"address", contact.address},
                       {"logins", contact.proof.logins},
                       {"signing_domains", contact.proof.signing_domains},
                       {"spf", contact.proof.spf},
                       {"shared", contact.proof.shared}});
}

Json json_of(const RollContents& roll) {
  std::vector<Json> lists;
  std::vector<Json> contacts;
  std::vector<std::string> keys;
  for (const GuardedList& list : roll.lists) lists.push_back(json_of(list));
  for (const RollContact& row : roll.contacts) contacts.push_back(json_of(roll, row));
  for (const RollSealKey& key : roll.seal_keys) keys.push_back(key.key_id);
  return Json::object({{"lists", Json::array(std::move(lists))},
                       {"contacts", Json::array(std::move(contacts))},
                       {"seal_keys", keys},
                       {"marks", roll.marks.size()}});
}

std::string counted(const RollContents& roll) {
  return "lists: " + std::to_string(roll.lists.size()) +
         ", designated contacts: " + std::to_string(roll.contacts.size()) +
         ", seal keys: " + std::to_string(roll.seal_keys.size()) +
         ", marks of signed posts: " + std::to_string(roll.marks.size());
}

}  // namespace

Result<Answer> run(Context& context, const RollDump& args) {
  const auto roll = read_roll(context);
  if (!roll) return roll.error();
  if (args.csv) return Answer{json_of(*roll), format_roster(*roll), 0};
  std::string out = lay_out(lists_table(*roll), context.screen());
  if (!roll->contacts.empty()) out += "\n" + lay_out(contacts_table(*roll), context.screen());
  return Answer{json_of(*roll), out + "\n" + lay_out(counted(*roll) + ".", context.screen()), 0};
}

Result<Answer> run(Context& context, const RollVerify& /*args*/) {
  const auto roll = read_roll(context);
  if (roll)
    return Answer{Json::object({{"sound", true},
                                {"lists", roll->lists.size()},
                                {"contacts", roll->contacts.size()},
                                {"seal_keys", roll->seal_keys.size()},
                                {"marks", roll->marks.size()}}),
                  lay_out("The roll is sound; " + counted(*roll) + ".", context.screen()), 0};
  if (roll.error().kind != ErrorKind::bad_input) return roll.error();
  return Answer{Json::object({{"sound", false}, {"what", roll.error().what}}),
                lay_out("NOT SOUND: " + roll.error().what, context.screen()), needs_you};
}

Result<Answer> run(Context& context, const RollAge& /*args*/) {
  const auto roll = open_roll(context);
  if (!roll) return roll.error();
  const auto word = (*roll)->last_word();
  if (!word) {
    const auto why = (*roll)->contents();
    return why ? Error{ErrorKind::unavailable, "the roll changed while it was read; ask again"} : why.error();
  }
  const Seconds max_age = (*context.settings())->roll.max_age;
  const auto over = expired(*word, max_age, now());
  const std::string from = word->of_roster ? "built from a roster" : "heard from the register";
  const std::string until =
      to_rfc3339(word->of_roster ? word->valid_until.value_or(Instant()) : word->at + max_age);
  const bool ends = !word->of_roster || word->valid_until;
  const std::vector<Fact> facts{
      {"since", to_rfc3339(word->at) + ", " + from, Style::plain},
      {"valid until", ends ? until : "the roster does not say: it has no age", Style::plain},
      {"posts", over ? "get 451: " + *over : "are decided", over ? Style::bad : Style::good}};
  return Answer{Json::object({{"of_roster", word->of_roster},
                              {"since", to_rfc3339(word->at)},
                              {"valid_until", ends ? Json(until) : Json()},
                              {"decides", !over}}),
                lay_out(facts, context.screen()), over ? needs_you : 0};
}

}  // namespace portavoz::admin
