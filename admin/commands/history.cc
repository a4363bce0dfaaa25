#include <array>

#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/inputs.h"
#include "core/base/text.h"

namespace portavoz::admin {
namespace {

constexpr std::uint64_t most_entries = 100'000;
constexpr int data_error = 65;  // EX_DATAERR

constexpr std::array<Column, 7> history_columns{{
    {"seq", Form::integer, "ENTRY"},
    {"at", Form::time, "WHEN (UTC)"},
    {"actor", Form::text, "WHO"},
    {"action", Form::text, "DID"},
    {"subject", Form::text, "TO"},
    {"detail", Form::json, "DETAIL"},
    {"hash", Form::text, ""},
}};

constexpr std::array<Column, 16> post_columns{{
    {"id", Form::text, ""},
    {"at", Form::time, "WHEN (UTC)"},
    {"queue_id", Form::text, "QUEUE ID"},
    {"list", Form::text, "LIST"},
    {"header_from", Form::text, "FROM"},
    {"verdict", Form::state, "VERDICT"},
    {"code", Form::text, "CODE"},
    {"rule", Form::text, "RULE"},
    {"host", Form::text, ""},
    {"message_id", Form::text, ""},
    {"client", Form::text, ""},
    {"mail_from", Form::text, ""},
    {"login", Form::text, ""},
    {"contact_id", Form::integer, ""},
    {"decision_id", Form::integer, ""},
    {"proof", Form::text, ""},
}};

struct Book {
  const char* name;  // in JSON
  Columns columns;
  const char* view_and_order;
  const char* none;
};

const Book history{"history", history_columns, "portavoz.history ORDER BY seq DESC",
                   "Nothing happened yet. `portavoz list add --help` shows how to begin."};
const Book posts{
    "posts", post_columns, "portavoz.verdicts_overview ORDER BY at DESC, id",
    "No post was judged yet. Verdicts arrive within moments of a post; a gate that is cut off from the "
    "register keeps them until it is back."};

}  // namespace

Result<Answer> run(Context& context, const Log& args) {
  const auto limit = parse_decimal(args.limit);
  if (!limit || *limit == 0 || *limit > most_entries) {
    return Error{ErrorKind::bad_input, "--limit: '" + printable_ascii(args.limit) +
                                           "' is no number from 1 to " + std::to_string(most_entries) + "."};
  }
  const Book& book = args.posts ? posts : history;
  const auto rows = ask(
      context, "SELECT " + select_list(book.columns) + " FROM " + book.view_and_order + " LIMIT $1::bigint",
      {std::to_string(*limit)});
  if (!rows) return rows.error();
  std::string out = rows->size() == 0 ? lay_out(std::string(book.none), context.screen())
                                      : lay_out(table_of(*rows, book.columns), context.screen());
  if (args.posts && rows->size() > 0) out += "Next: `portavoz explain QUEUE-ID` tells one post's story.\n";
  return Answer{Json::object({{book.name, json_of(*rows, book.columns)}}), std::move(out), 0};
}

Result<Answer> run(Context& context, const AuditVerify& args) {
  std::optional<std::string> head;
  if (!args.head.empty()) {
    if (args.head.size() != 64 ||
        args.head.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return Error{ErrorKind::bad_input,
                   "--head: '" + printable_ascii(args.head) +
                       "' is no head: give the 64 hexadecimal digits that `portavoz audit "
                       "verify` printed."};
    }
    head = ascii_lower(args.head);
  }
  const auto rows = ask(context, "SELECT ok, entries, head, problem FROM portavoz.audit_verify($1)", {head});
  if (!rows) return rows.error();
  const bool whole = rows->boolean(0, "ok");
  const std::string said =
      whole ? "The history is whole: " + text(*rows, 0, "entries") + " entries" +
                  (head ? ", your head among them" : "") + ". Its head is\n" + text(*rows, 0, "head") +
                  "\nKeep it somewhere else; later `portavoz audit verify --head HEX` shows whether anything "
                  "before it "
                  "was changed."
            : "The history is not whole: " + text(*rows, 0, "problem") +
                  " Stop deciding, keep the database as it is, and compare it with a backup.";
  return Answer{
      Json::object({{"ok", whole},
                    {"entries", rows->integer(0, "entries")},
                    {"head", rows->is_null(0, "head") ? Json() : Json(text(*rows, 0, "head"))},
                    {"problem", rows->is_null(0, "problem") ? Json() : Json(text(*rows, 0, "problem"))}}),
      lay_out(said, context.screen()), whole ? 0 : data_error};
}

}  // namespace portavoz::admin
