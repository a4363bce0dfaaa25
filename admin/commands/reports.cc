#include <algorithm>
#include <array>

#include "adapters/os/files.h"
#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/evidence.h"
#include "admin/inputs.h"
#include "core/base/text.h"

namespace portavoz::admin {
namespace {

constexpr std::array<Column, 14> report_columns{{
    {"report_id", Form::integer, "REPORT"},
    {"contact_id", Form::integer, ""},
    {"list", Form::text, "LIST"},
    {"assembly", Form::text, "ASSEMBLY"},
    {"address", Form::text, "ADDRESS"},
    {"evidence_url", Form::text, ""},
    {"outcome", Form::text, "PAGE"},
    {"published", Form::boolean, "PUBLISHED"},
    {"official", Form::boolean, "OFFICIAL"},
    {"form", Form::text, ""},
    {"context", Form::text, ""},
    {"fetched_at", Form::time, "READ (UTC)"},
    {"decision_kind", Form::state, "DECISION"},
    {"decided_by", Form::text, "BY"},
}};
constexpr std::array<Column, 11> page_columns{{
    {"contact_id", Form::integer, "CONTACT"},
    {"list", Form::text, "LIST"},
    {"assembly", Form::text, "ASSEMBLY"},
    {"address", Form::text, "ADDRESS"},
    {"evidence_url", Form::text, ""},
    {"state", Form::state, "STATE"},
    {"why", Form::text, "PAGE"},
    {"since", Form::time, "SINCE (UTC)"},
    {"until", Form::time, "SUSPENDED AT (UTC)"},
    {"misses", Form::integer, "MISSES"},
    {"report_id", Form::integer, "REPORT"},
}};
constexpr std::size_t decision_columns = 2;  // the last ones; a report that waits has nothing to show there

constexpr std::array<Column, 32> detail_columns{{
    {"report_id", Form::integer, ""},   {"contact_id", Form::integer, ""},
    {"list", Form::text, ""},           {"assembly", Form::text, ""},
    {"address", Form::text, ""},        {"evidence_url", Form::text, ""},
    {"outcome", Form::text, ""},        {"published", Form::boolean, ""},
    {"official", Form::boolean, ""},    {"form", Form::text, ""},
    {"context", Form::text, ""},        {"fetched_at", Form::time, ""},
    {"decision_kind", Form::state, ""}, {"decided_by", Form::text, ""},
    {"final_url", Form::text, ""},      {"http_status", Form::integer, ""},
    {"content_type", Form::text, ""},   {"excerpt", Form::text, ""},
    {"evidence", Form::json, ""},       {"reasons", Form::json, ""},
    {"body_sha256", Form::text, ""},    {"body_bytes", Form::integer, ""},
    {"contact_state", Form::state, ""}, {"logins", Form::texts, ""},
    {"rivals", Form::json, ""},         {"signing_domains", Form::texts, ""},
    {"spf", Form::boolean, ""},         {"shared", Form::boolean, ""},
    {"proof", Form::text, ""},          {"found_url", Form::text, ""},
    {"robots", Form::text, ""},         {"domain", Form::text, ""},
}};

// The address between » and « wherever the excerpt holds it, whatever its letter case.
std::string marked(const std::string& excerpt, const std::string& address) {
  const std::string lower = ascii_lower(excerpt);
  std::string out;
  std::size_t at = 0;
  while (!address.empty()) {
    const std::size_t hit = lower.find(address, at);
    if (hit == std::string::npos) break;
    out.append(excerpt, at, hit - at).append("»").append(excerpt, hit, address.size()).append("«");
    at = hit + address.size();
  }
  return out.append(excerpt, at);
}

std::string member(const Json::Item& item, std::string_view name) {
  const auto found =
      std::find_if(item.begin(), item.end(), [&](const auto& each) { return each.first == name; });
  return found == item.end() ? "" : found->second;
}

// The members of each object in a jsonb array, as a table under these titles; empty when there are none.
std::string objects(const std::string& json, const std::vector<std::pair<std::string, std::string>>& members,
                    const Screen& screen) {
  Table table;
  for (const auto& [name, title] : members) table.titles.push_back(title);
  for (const Json::Item& item : Json::items_of(json)) {
    std::vector<Cell> cells;
    for (const auto& [name, title] : members) {
      std::string cell = member(item, name);
      const Style style = name == "state" ? state_style(cell) : Style::plain;
      cells.push_back({std::move(cell), style});
    }
    table.rows.push_back(std::move(cells));
  }
  return table.rows.empty() ? "" : lay_out(table, screen);
}

std::string page(const pg::Rows& rows) {
  std::string out = text(rows, 0, "outcome");
  if (!rows.is_null(0, "http_status")) out += ", HTTP " + text(rows, 0, "http_status");
  if (!rows.is_null(0, "content_type")) out += ", " + text(rows, 0, "content_type");
  return out;
}

std::string kept(const pg::Rows& rows, const ReportEvidence& evidence) {
  std::string out = file_in_words(evidence);
  if (!rows.is_null(0, "body_sha256"))
    out += "\nthe page: " + text(rows, 0, "body_bytes") + " octets, SHA-256 " + text(rows, 0, "body_sha256");
  return out;
}

std::string decision(const pg::Rows& rows) {
  const std::string kind = text(rows, 0, "decision_kind");
  const std::string by = text(rows, 0, "decided_by");
  if (kind.empty())
    return by.empty() ? "none yet" : "none yet; approved by " + by + ", and another admin must agree";
  if (kind == "superseded") return "none: a newer report about the same contact replaced this one";
  if (kind == "not-needed") return "none is needed: the contact does not wait for one";
  return kind + " by " + by;
}

std::vector<Fact> facts(const pg::Rows& rows, const ReportEvidence& evidence, const Screen& screen) {
  const auto fact = [&](const char* label, const char* name) {
    return Fact{label, text(rows, 0, name), Style::plain};
  };
  const std::string state = text(rows, 0, "contact_state");
  std::vector<Fact> out{
      fact("list", "list"),
      fact("assembly", "assembly"),
      fact("address", "address"),
      {"contact", text(rows, 0, "contact_id") + ", " + state, state_style(state)},
      fact("page", "evidence_url"),
  };
  if (!rows.is_null(0, "final_url") && text(rows, 0, "final_url") != text(rows, 0, "evidence_url")) {
    out.push_back(fact("led to", "final_url"));
  }
  if (!rows.is_null(0, "found_url")) out.push_back(fact("found at", "found_url"));
  out.push_back({"read", shown_time(text(rows, 0, "fetched_at")) + " UTC: " + page(rows), Style::plain});
  out.push_back({"published", yes_no(rows, 0, "published"), Style::strong});
  out.push_back({"official", yes_no(rows, 0, "official"), Style::strong});
  if (const std::string domain = text(rows, 0, "domain"); !domain.empty())
    out.push_back({"domain",
                   domain == "gone" ? "gone: the DNS has no such name as the address's domain" : domain,
                   domain == "gone" ? Style::bad : Style::plain});
  if (!rows.is_null(0, "form")) out.push_back(fact("written as", "form"));
  if (!rows.is_null(0, "context")) out.push_back(fact("where", "context"));
  if (!rows.is_null(0, "excerpt")) {
    out.push_back({"excerpt", marked(text(rows, 0, "excerpt"), text(rows, 0, "address")), Style::plain});
  }
  out.push_back(
      {"reasons", join(Json::texts_of(text(rows, 0, "reasons"), screen.language), "\n"), Style::plain});
  const std::string proof = text(rows, 0, "proof");
  out.push_back(
      {"proof", proof == "none" ? "none: nothing could prove that a post is theirs" : proof, Style::plain});
  out.push_back({"kept", kept(rows, evidence), Style::plain});
  if (!evidence.picture.empty())
    out.push_back({"picture",
                   "what a browser showed, a PNG of " + std::to_string(evidence.picture.size()) +
                       " octets: `portavoz report show " + text(rows, 0, "report_id") +
                       " --picture FILE` writes it",
                   Style::plain});
  out.push_back({"decision", decision(rows), Style::plain});
  return out;
}

std::string detail(const pg::Rows& rows, const ReportEvidence& kept, const Screen& screen) {
  const std::string id = text(rows, 0, "report_id");
  std::string out =
      styled("Report " + id, Style::strong, screen) + '\n' + lay_out(facts(rows, kept, screen), screen);
  if (const std::string evidence = objects(
          text(rows, 0, "evidence"), {{"form", "WRITTEN AS"}, {"where", "WHERE"}, {"text", "TEXT"}}, screen);
      !evidence.empty()) {
    out += '\n' + styled("Everything found on the page", Style::strong, screen) + '\n' + evidence;
  }
  if (const std::string rivals = objects(
          text(rows, 0, "rivals"),
          {{"contact_id", "CONTACT"}, {"assembly", "ASSEMBLY"}, {"address", "ADDRESS"}, {"state", "STATE"}},
          screen);
      !rivals.empty()) {
    out += '\n' + styled("Others of the same assembly or address on this list", Style::strong, screen) +
           '\n' + rivals;
  }
  out += '\n' + diff_in_words(kept, screen);
  if (rows.is_null(0, "decision_kind")) {
    out += '\n' + lay_out("Next: `portavoz approve " + id + " --reason …` or `portavoz reject " + id +
                              " --reason …`.",
                          screen);
  }
  return out;
}

// Into a new file: nothing that is there is lost.
Result<void> write_picture(const ReportEvidence& evidence, const std::string& report,
                           const std::string& file) {
  if (evidence.picture.empty())
    return Error{ErrorKind::not_found,
                 "Report " + report + " has no picture here: no browser was asked (verifier.renderer), or " +
                     (evidence.remark.empty() ? "it could not show the page" : evidence.remark)};
  if (file_version(file)) return Error{ErrorKind::conflict, file + " is there already; name a new file"};
  return write_file_atomic(file, evidence.picture, 0640);
}

}  // namespace

Result<Answer> run(Context& context, const Reports& args) {
  const auto rows =
      ask(context, "SELECT " + select_list(report_columns) + " FROM portavoz.reports_overview" +
                       (args.all ? "" : " WHERE decision_kind IS NULL") + " ORDER BY report_id");
  if (!rows) return rows.error();
  const auto pages = ask(context, "SELECT " + select_list(page_columns) +
                                      " FROM portavoz.pages_to_look_at ORDER BY until NULLS LAST, since");
  if (!pages) return pages.error();
  const std::string none =
      args.all ? "There is no report yet. A check makes one: `portavoz confirm` and `portavoz "
                 "check` make a check due, and portavoz-verifier reads the page."
               : "No report waits. `portavoz reports --all` shows the decided ones.";
  const Columns all_columns(report_columns);
  const Columns in_table =
      args.all ? all_columns : all_columns.first(report_columns.size() - decision_columns);
  std::string out = rows->size() == 0 ? lay_out(none, context.screen())
                                      : lay_out(table_of(*rows, in_table), context.screen());
  if (rows->size() > 0 && !args.all) out += "Next: `portavoz report show N` shows the evidence.\n";
  if (pages->size() > 0)
    out += '\n' +
           lay_out(
               "Designated contacts to look at. Lapsing: without a good check or a decision it is suspended. "
               "Missing, doubtful, blind: nothing happens by itself. Domain-gone: the domain of the address "
               "does not exist, and posts wait until you `portavoz restore`, `suspend` or `retire`. "
               "Domain-back: it exists again, perhaps a stranger's, and posts still wait.",
               context.screen()) +
           lay_out(table_of(*pages, page_columns), context.screen());
  return Answer{
      Json::object({{"reports", json_of(*rows, report_columns)}, {"pages", json_of(*pages, page_columns)}}),
      std::move(out), 0};
}

Result<Answer> run(Context& context, const ReportShow& args) {
  const auto report = number(args.report, "report");
  if (!report) return report.error();
  const auto rows = ask(
      context,
      "SELECT " + select_list(detail_columns) + " FROM portavoz.report_detail WHERE report_id = $1::bigint",
      {*report});
  if (!rows) return rows.error();
  if (rows->size() == 0) {
    return Error{ErrorKind::not_found,
                 "There is no report " + *report + ". `portavoz reports --all` shows all reports."};
  }
  const auto kept =
      ask(context, "SELECT * FROM portavoz.evidence_overview WHERE report_id = $1::bigint", {*report});
  if (!kept) return kept.error();
  const ReportEvidence evidence = read_evidence(*kept);
  if (!args.picture.empty())
    if (auto written = write_picture(evidence, *report, args.picture); !written) return written.error();
  return Answer{Json::object({{"report", json_of(*rows, 0, detail_columns)},
                              {"evidence", json_of_file(evidence)},
                              {"diff", json_of_diff(evidence)}}),
                detail(*rows, evidence, context.screen()), 0};
}

}  // namespace portavoz::admin
