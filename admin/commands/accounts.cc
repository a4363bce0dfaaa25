#include <array>

#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/login_role.h"

namespace portavoz::admin {
namespace {

constexpr std::array<Column, 4> account_columns{{
    {"login", Form::text, "LOGIN"},
    {"name", Form::text, "NAME"},
    {"enabled", Form::boolean, "MAY DECIDE"},
    {"created_at", Form::time, "SINCE (UTC)"},
}};

// PostgreSQL's own "permission denied" does not say whom to ask.
Error with_whom_to_ask(const Error& error) {
  if (error.kind != ErrorKind::forbidden) return error;
  return {error.kind,
          error.what +
              " Accounts are the business of the register's owner: run it as PostgreSQL's superuser, "
              "`sudo -u postgres portavoz account …`."};
}

Result<void> add(pg::Connection& registry, const AccountAdd& args) {
  if (auto begun = registry.exec("BEGIN"); !begun) return begun;
  if (const auto added = registry.query("SELECT portavoz.account_add($1, $2)", {args.login, args.name});
      !added) {
    return added.error();
  }
  if (const auto given = give_login_role(registry, args.login, "portavoz_admin"); !given)
    return given.error();
  return registry.exec("COMMIT");
}

}  // namespace

Result<Answer> run(Context& context, const AccountAdd& args) {
  const auto registry = context.registry();
  if (!registry) return registry.error();
  // A failure leaves the transaction open; the connection ends with the program, and PostgreSQL rolls it
  // back.
  if (const auto added = add(**registry, args); !added) return with_whom_to_ask(added.error());
  return Answer{Json::object({{"login", args.login}, {"name", args.name}}),
                lay_out("The user " + args.login + " (" + args.name +
                            ") may decide from now on. Next: as that user, run "
                            "`portavoz reports`.",
                        context.screen()),
                0};
}

Result<Answer> run(Context& context, const AccountList& /*args*/) {
  const auto rows = ask(
      context, "SELECT " + select_list(account_columns) + " FROM portavoz.accounts_overview ORDER BY login");
  if (!rows) return rows.error();
  return Answer{
      Json::object({{"accounts", json_of(*rows, account_columns)}}),
      rows->size() == 0
          ? lay_out(std::string(
                        "Nobody may decide yet. `portavoz account add --help` shows how to name the first."),
                    context.screen())
          : lay_out(table_of(*rows, account_columns), context.screen()),
      0};
}

Result<Answer> run(Context& context, const AccountDisable& args) {
  const auto rows = tell(context, "SELECT portavoz.account_disable($1)", {args.login});
  if (!rows) return with_whom_to_ask(rows.error());
  return Answer{Json::object({{"login", args.login}, {"enabled", false}}),
                lay_out("The user " + args.login +
                            " may decide nothing from now on. What they decided stays in force; "
                            "`portavoz contacts` shows it.",
                        context.screen()),
                0};
}

}  // namespace portavoz::admin
