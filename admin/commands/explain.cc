#include <array>

#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/verdict_shown.h"
#include "core/base/text.h"
#include "core/policy/rules.h"

namespace portavoz::admin {
namespace {

constexpr std::array<Column, 23> verdict_columns{{
    {"id", Form::text, ""},
    {"at", Form::time, ""},
    {"host", Form::text, ""},
    {"queue_id", Form::text, ""},
    {"message_id", Form::text, ""},
    {"list", Form::text, ""},
    {"client", Form::text, ""},
    {"mail_from", Form::text, ""},
    {"header_from", Form::text, ""},
    {"login", Form::text, ""},
    {"rule", Form::text, ""},
    {"verdict", Form::state, ""},
    {"code", Form::text, ""},
    {"contact_id", Form::integer, ""},
    {"decision_id", Form::integer, ""},
    {"proof", Form::text, ""},
    {"assembly", Form::text, ""},
    {"decision_kind", Form::text, ""},
    {"decided_by", Form::text, ""},
    {"decided_at", Form::time, ""},
    {"reason", Form::text, ""},
    {"report_id", Form::integer, ""},
    {"facts", Form::json, ""},
}};

std::string_view meaning(const std::string& rule) {
  const RuleInfo* info = find_rule(rule);
  return info == nullptr ? "This version of portavoz does not know the rule; a newer gate or door decided."
                         : info->meaning;
}

std::string bare_message_id(std::string_view id) {
  id = trim(id);
  if (id.starts_with('<') && id.ends_with('>') && id.size() > 2) id = id.substr(1, id.size() - 2);
  return std::string(id);
}

std::string or_none(const std::string& value) { return value.empty() ? "none" : value; }

std::string story(const pg::Rows& rows, std::size_t row, const Screen& screen) {
  const std::string verdict = text(rows, row, "verdict");
  const std::string rule = text(rows, row, "rule");
  const auto fact = [&](const char* label, const char* name) {
    return Fact{label, or_none(text(rows, row, name)), Style::plain};
  };
  std::vector<Fact> facts{
      {"verdict", verdict + ' ' + text(rows, row, "code"), state_style(verdict)},
      {"rule", rule, Style::strong},
      {"meaning", std::string(meaning(rule)), Style::plain},
      {"when", shown_time(text(rows, row, "at")) + " UTC on " + text(rows, row, "host"), Style::plain},
      fact("list", "list"),
      fact("From", "header_from"),
      fact("sender (MAIL)", "mail_from"),
      fact("login", "login"),
      fact("client", "client"),
      fact("proof", "proof"),
      fact("queue id", "queue_id"),
      fact("Message-ID", "message_id"),
      {"designation", rows.is_null(row, "contact_id") ? no_designation : designation_shown(rows, row),
       Style::plain},
  };
  const std::string known = text(rows, row, "facts");
  append_facts(facts, known);
  const std::string steps = steps_shown(known, screen);
  return lay_out(facts, screen) + (steps.empty() ? "" : "\n" + steps);
}

Json json_with_meaning(const pg::Rows& rows, std::size_t row) {
  Json out = json_of(rows, row, verdict_columns);
  out.set("meaning", meaning(text(rows, row, "rule")));
  return out;
}

}  // namespace

Result<Answer> run(Context& context, const Explain& args) {
  const std::string bare = bare_message_id(args.id);
  if (bare.empty()) {
    return Error{ErrorKind::bad_input, "An empty id explains nothing. Give a queue id or a Message-ID."};
  }
  const auto rows =
      ask(context,
          "SELECT " + select_list(verdict_columns) +
              " FROM portavoz.verdicts_overview AS v WHERE v.queue_id = $1 OR v.message_id IN ($1, '<' || "
              "$1 || '>') ORDER BY v.at, v.id",
          {bare});
  if (!rows) return rows.error();
  if (rows->size() == 0) {
    return Error{
        ErrorKind::not_found,
        "The register has no verdict on '" + printable_ascii(bare) +
            "'. A message without a guarded recipient has none, and a gate that is cut off from the register "
            "still keeps its own; `portavoz log --posts` shows those that arrived."};
  }
  std::vector<Json> items;
  std::string out;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    items.push_back(json_with_meaning(*rows, row));
    out += (row == 0 ? "" : "\n") + story(*rows, row, context.screen());
  }
  return Answer{Json::object({{"verdicts", Json::array(std::move(items))}}), std::move(out), 0};
}

}  // namespace portavoz::admin
