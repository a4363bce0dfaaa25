#include <array>

#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "core/base/text.h"
#include "core/net/url.h"

namespace portavoz::admin {
namespace {

constexpr std::array<Column, 7> queue_columns{{
    {"due", Form::integer, "DUE NOW"},
    {"leased", Form::integer, "BEING DONE"},
    {"oldest_due", Form::time, "OLDEST DUE (UTC)"},
    {"due_next_hour", Form::integer, "DUE WITHIN AN HOUR"},
    {"due_next_day", Form::integer, "WITHIN A DAY"},
    {"finished_last_hour", Form::integer, "DONE IN THE LAST HOUR"},
    {"finished_last_day", Form::integer, "IN THE LAST DAY"},
}};

constexpr std::array<Column, 3> outcome_columns{{
    {"outcome", Form::text, "OUTCOME"},
    {"last_hour", Form::integer, "LAST HOUR"},
    {"last_day", Form::integer, "LAST DAY"},
}};

constexpr std::array<Column, 7> site_columns{{
    {"host", Form::text, "SITE"},
    {"looks", Form::integer, "REQUESTS"},
    {"failures", Form::integer, "FAILED"},
    {"mean_ms", Form::integer, "MS EACH"},
    {"last_outcome", Form::text, "LAST OUTCOME"},
    {"last_at", Form::time, "LAST (UTC)"},
    {"wait_until", Form::time, "ASKS TO WAIT UNTIL (UTC)"},
}};

constexpr std::array<Column, 5> robots_columns{{
    {"host", Form::text, "HOST"},
    {"overridden", Form::boolean, "OVERRIDDEN"},
    {"reason", Form::text, "WHY"},
    {"decided_by", Form::text, "BY"},
    {"at", Form::time, "AT (UTC)"},
}};

Result<pg::Rows> rows_of(Context& context, Columns columns, const std::string& from) {
  return ask(context, "SELECT " + select_list(columns) + " FROM portavoz." + from);
}

std::string section(const pg::Rows& rows, Columns columns, const std::string& none, const Screen& screen) {
  return "\n" + (rows.empty() ? lay_out(none, screen) : lay_out(table_of(rows, columns), screen));
}

// A host as robots_rule() takes it: A-labels in lower case. A whole URL is taken for its host.
Result<std::string> host(const std::string& typed) {
  const bool is_url = typed.find("://") != std::string::npos;
  const auto url = Url::parse(is_url ? typed : "https://" + typed + "/");
  if (url && (is_url || url->target() == "/")) return url->host();
  return Error{ErrorKind::bad_input,
               "'" + printable_ascii(typed) +
                   "' is not the name of a host. Give it as it stands in the URL: www.example.org"};
}

Result<Answer> rule(Context& context, const std::string& typed, bool overridden, const std::string& reason) {
  const auto name = host(typed);
  if (!name) return name.error();
  const auto rows = tell(context, "SELECT portavoz.robots_rule($1, $2::boolean, $3) AS ruling_id",
                         {*name, overridden ? "true" : "false", reason});
  if (!rows) return rows.error();
  const std::string told =
      overridden ? "The robots.txt of " + *name +
                       " is not asked any more, and reports will say so. Next: `portavoz check CONTACT`."
                 : "The robots.txt of " + *name + " is obeyed again.";
  return Answer{
      Json::object(
          {{"ruling_id", rows->integer(0, "ruling_id")}, {"host", *name}, {"overridden", overridden}}),
      lay_out(told, context.screen()), 0};
}

}  // namespace

Result<Answer> run(Context& context, const VerifierStatus& /*args*/) {
  const auto queue = rows_of(context, queue_columns, "queue_overview");
  if (!queue) return queue.error();
  const auto outcomes =
      rows_of(context, outcome_columns, "outcomes_overview ORDER BY outcomes_overview.last_day DESC, 1");
  if (!outcomes) return outcomes.error();
  const auto slowest =
      rows_of(context, site_columns,
              "sites_overview ORDER BY sites_overview.mean_ms DESC, sites_overview.host LIMIT 10");
  if (!slowest) return slowest.error();
  const auto waits = rows_of(context, site_columns,
                             "sites_overview WHERE sites_overview.wait_until IS NOT NULL ORDER BY "
                             "sites_overview.wait_until DESC, sites_overview.host LIMIT 10");
  if (!waits) return waits.error();
  const Screen& screen = context.screen();
  std::vector<Fact> facts;
  for (const Column& column : queue_columns)
    facts.push_back({ascii_lower(column.title), shown(*queue, 0, column), Style::plain});
  const std::string text = lay_out(facts, screen) +
                           section(*outcomes, outcome_columns, "No report came in the last day.", screen) +
                           section(*slowest, site_columns, "No site was read yet.", screen) +
                           section(*waits, site_columns, "No site asks us to wait.", screen);
  return Answer{Json::object({{"queue", json_of(*queue, 0, queue_columns)},
                              {"outcomes", json_of(*outcomes, outcome_columns)},
                              {"slowest_sites", json_of(*slowest, site_columns)},
                              {"waiting_sites", json_of(*waits, site_columns)}}),
                text, 0};
}

Result<Answer> run(Context& context, const RobotsOverride& args) {
  return rule(context, args.host, true, args.reason);
}

Result<Answer> run(Context& context, const RobotsObey& args) {
  return rule(context, args.host, false, args.reason);
}

Result<Answer> run(Context& context, const RobotsList& /*args*/) {
  const auto rows = rows_of(context, robots_columns, "robots_overview ORDER BY robots_overview.host");
  if (!rows) return rows.error();
  const std::string none = "No ruling: every site's robots.txt is obeyed.";
  return Answer{Json::object({{"robots", json_of(*rows, robots_columns)}}),
                rows->empty() ? lay_out(none, context.screen())
                              : lay_out(table_of(*rows, robots_columns), context.screen()),
                0};
}

}  // namespace portavoz::admin
