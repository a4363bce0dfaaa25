#include <array>

#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/inputs.h"
#include "core/base/text.h"

namespace portavoz::admin {
namespace {

constexpr std::array<Column, 10> list_columns{{
    {"list_id", Form::integer, ""},
    {"posting_address", Form::text, "LIST"},
    {"aliases", Form::texts, "ALIASES"},
    {"languages", Form::texts, "LANGUAGES"},
    {"admin_address", Form::text, "ADMINS"},
    {"deciders", Form::integer, "DECIDERS"},
    {"contacts", Form::integer, "MAY POST"},
    {"waiting", Form::integer, "REPORTS WAIT"},
    {"holds_unproven", Form::boolean, "HOLDS UNPROVEN"},
    {"created_at", Form::time, ""},
}};

constexpr std::array<Column, 7> voice_columns{{
    {"contact_id", Form::integer, "CONTACT"},
    {"assembly", Form::text, "ASSEMBLY"},
    {"address", Form::text, "ADDRESS"},
    {"state", Form::state, "STATE"},
    {"since", Form::time, "SINCE (UTC)"},
    {"decision_kind", Form::text, "BY"},
    {"decided_by", Form::text, "DECIDED BY"},
}};

Result<Answer> all_lists(Context& context) {
  auto rows = ask(context, "SELECT " + select_list(list_columns) +
                               " FROM portavoz.lists_overview ORDER BY posting_address");
  if (!rows) return rows.error();
  Answer answer{Json::object({{"lists", json_of(*rows, list_columns)}}), "", 0};
  answer.text =
      rows->size() == 0
          ? lay_out(std::string("No list is guarded yet. `portavoz list add --help` shows how to guard one."),
                    context.screen())
          : lay_out(table_of(*rows, list_columns), context.screen());
  return answer;
}

std::string list_facts(const pg::Rows& rows, const Screen& screen) {
  std::vector<Fact> facts;
  for (const Column& column : list_columns) {
    if (*column.title != '\0')
      facts.push_back({ascii_lower(column.title), shown(rows, 0, column), Style::plain});
  }
  return lay_out(facts, screen);
}

}  // namespace

Result<Answer> run(Context& context, const ListAdd& args) {
  const auto posting = address(args.address, "the posting address");
  if (!posting) return posting.error();
  const auto aliases = addresses(args.aliases, "--alias");
  if (!aliases) return aliases.error();
  const auto admins = address(args.admin_address, "--admin-address");
  if (!admins) return admins.error();
  const auto known = context.languages();
  if (!known) return known.error();
  const auto tags = languages(args.languages, *known);
  if (!tags) return tags.error();
  const std::string deciders = args.two_person ? "2" : "1";
  const auto rows = tell(
      context, "SELECT portavoz.list_add($1, $2::text[], $3::text[], $4, $5::int, $6::boolean) AS list_id",
      {*posting, pg::array_literal(*aliases), pg::array_literal(*tags), *admins, deciders,
       args.hold_unproven ? "true" : "false"});
  if (!rows) return rows.error();
  return Answer{
      Json::object({{"list_id", rows->integer(0, "list_id")}, {"list", *posting}}),
      lay_out(*posting +
                  " is guarded: only designated contacts may post from now on, and there is none yet. "
                  "Next: `portavoz apply --list " +
                  *posting + " …` for an assembly that wants to post.",
              context.screen()),
      0};
}

Result<Answer> run(Context& context, const ListHold& args) {
  const auto list = address(args.address, "the list");
  if (!list) return list.error();
  if (args.on_or_off != "on" && args.on_or_off != "off")
    return Error{ErrorKind::bad_input, "'" + printable_ascii(args.on_or_off) + "' is neither on nor off."};
  const bool on = args.on_or_off == "on";
  const auto rows = tell(context, "SELECT portavoz.list_hold($1, $2::boolean, $3)",
                         {*list, on ? "true" : "false", args.reason});
  if (!rows) return rows.error();
  return Answer{
      Json::object({{"list", *list}, {"holds_unproven", on}}),
      lay_out(on ? "Posts to " + *list +
                       " in a designated contact's name that nothing proves are kept aside from now on. "
                       "Next: `portavoz held list` shows them."
                 : "Posts to " + *list +
                       " in a designated contact's name that nothing proves are refused from now on.",
              context.screen()),
      0};
}

Result<Answer> run(Context& context, const ListShow& args) {
  if (args.address.empty()) return all_lists(context);
  const auto wanted = address(args.address, "the list");
  if (!wanted) return wanted.error();
  const auto list = ask(context,
                        "SELECT " + select_list(list_columns) +
                            " FROM portavoz.lists_overview WHERE posting_address = $1 OR $1 = ANY (aliases)",
                        {*wanted});
  if (!list) return list.error();
  if (list->size() == 0) {
    return Error{ErrorKind::not_found,
                 "There is no list " + *wanted + ". `portavoz list show` shows the guarded lists."};
  }
  const std::string posting = text(*list, 0, "posting_address");
  const auto voices = ask(context,
                          "SELECT " + select_list(voice_columns) +
                              " FROM portavoz.contacts_overview WHERE list = $1 AND state IN ('designated', "
                              "'lapsing') ORDER BY assembly",
                          {posting});
  if (!voices) return voices.error();
  Json json = json_of(*list, 0, list_columns);
  json.set("may_post", json_of(*voices, voice_columns));
  std::string out = list_facts(*list, context.screen()) + '\n';
  out += voices->size() == 0 ? lay_out("Nobody may post yet. `portavoz contacts --list " + posting +
                                           "` shows who applied, `portavoz reports` what waits for you.",
                                       context.screen())
                             : lay_out(table_of(*voices, voice_columns), context.screen());
  return Answer{Json::object({{"list", std::move(json)}}), std::move(out), 0};
}

}  // namespace portavoz::admin
