#include "admin/verdict_shown.h"

#include <algorithm>

#include "admin/columns.h"
#include "admin/json.h"
#include "core/base/text.h"

namespace portavoz::admin {
namespace {

std::string member(const Json::Item& item, std::string_view name) {
  const auto found =
      std::find_if(item.begin(), item.end(), [&](const auto& each) { return each.first == name; });
  return found == item.end() ? std::string() : found->second;
}

std::string signature_shown(const Json::Item& signature) {
  std::string out = member(signature, "domain") + ": " + member(signature, "result");
  if (const auto why = member(signature, "why"); !why.empty()) out += ", " + why;
  out += " (selector " + member(signature, "selector") + ", " + member(signature, "algorithm");
  if (const auto bits = member(signature, "key_bits"); bits != "0") out += ", " + bits + " bits";
  if (member(signature, "test_key") == "true") out += ", a test key";
  if (member(signature, "whole_body") == "false") out += ", not the whole body";
  return out + "); signs " + join(Json::texts_of(member(signature, "signed")), " ");
}

std::string spf_shown(const Json::Item& spf) {
  std::string out = member(spf, "result");
  if (const auto why = member(spf, "why"); !why.empty()) out += ", " + why;
  if (member(spf, "open") == "true") out += ", which lets everybody in";
  return out + " (DNS look-ups: " + member(spf, "lookups") + ")";
}

Style result_style(const std::string& result) {
  return result == "pass"                                   ? Style::good
         : result == "unavailable" || result == "temperror" ? Style::waiting
                                                            : Style::bad;
}

}  // namespace

void append_facts(std::vector<Fact>& facts, const std::string& facts_json) {
  const Json::Item said = Json::members_of(facts_json);
  for (const Json::Item& signature : Json::items_of(member(said, "dkim")))
    facts.push_back({"DKIM", signature_shown(signature), result_style(member(signature, "result"))});
  if (member(said, "dkim") == "[]")
    facts.push_back({"DKIM", "no signature by a domain that counts", Style::plain});
  if (member(said, "dkim_more") == "true")
    facts.push_back({"DKIM", "there are more signatures than are looked at", Style::waiting});
  if (const auto spf = Json::members_of(member(said, "spf")); !spf.empty())
    facts.push_back({"SPF", spf_shown(spf), result_style(member(spf, "result"))});
}

std::string steps_shown(const std::string& facts_json, const Screen& screen) {
  Table table{{"RULE", "ANSWER", "WHY"}, {}};
  for (const Json::Item& step : Json::items_of(member(Json::members_of(facts_json), "steps"))) {
    const bool decided = member(step, "decided") == "true";
    table.rows.push_back({{member(step, "rule"), decided ? Style::strong : Style::plain},
                          {decided ? "decided" : "went on", Style::plain},
                          {member(step, "why"), Style::plain}});
  }
  return table.rows.empty() ? std::string() : lay_out(table, screen);
}

std::string designation_shown(const pg::Rows& rows, std::size_t row) {
  std::string out = "contact " + text(rows, row, "contact_id") + ", " + text(rows, row, "assembly");
  if (rows.is_null(row, "decision_id")) return out;
  out += ": " + text(rows, row, "decision_kind") + " by " + text(rows, row, "decided_by");
  if (!rows.is_null(row, "decided_at")) out += " on " + shown_time(text(rows, row, "decided_at")) + " UTC";
  out += ", \"" + text(rows, row, "reason") + "\"";
  if (!rows.is_null(row, "report_id"))
    out += " (`portavoz report show " + text(rows, row, "report_id") + "`)";
  return out;
}

}  // namespace portavoz::admin
