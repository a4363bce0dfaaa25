#include "adapters/json/finding_json.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

namespace portavoz {
namespace {

using nlohmann::ordered_json;

std::string text(std::string_view octets) {
  std::string out(octets);
  std::replace(out.begin(), out.end(), '\0', '\xFF');  // which the writer turns into U+FFFD
  return out;
}

ordered_json answer(std::optional<bool> value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json nothing_or(std::string_view value) {
  return value.empty() ? ordered_json(nullptr) : ordered_json(text(value));
}

void put_finding(ordered_json& object, const Finding& finding) {
  object["published"] = answer(finding.published);
  object["official"] = answer(finding.official);
  object["form"] = finding.form;
  object["context"] = finding.context;
  object["excerpt"] = text(finding.excerpt);
  object["evidence"] = ordered_json::array();
  for (const auto& e : finding.evidence) {
    object["evidence"].push_back({{"form", e.form}, {"where", text(e.where)}, {"text", text(e.text)}});
  }
  object["reasons"] = ordered_json::array();
  for (const auto& reason : finding.reasons) {
    object["reasons"].push_back({{"en", text(reason_text(reason, ReasonLanguage::english))},
                                 {"es", text(reason_text(reason, ReasonLanguage::spanish))}});
  }
}

std::string written(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string finding_json(const Finding& finding, std::string_view address, std::string_view url,
                         FetchOutcome outcome) {
  ordered_json object;
  object["address"] = text(address);
  object["url"] = text(url);
  object["outcome"] = outcome_word(outcome);
  put_finding(object, finding);
  return written(object);
}

std::string report_json(const ReportFacts& facts) {
  ordered_json object;
  object["outcome"] = outcome_word(facts.outcome);
  object["url"] = text(facts.url);
  object["final_url"] = text(facts.fetched.final_url);
  object["http_status"] =
      facts.fetched.http_status == 0 ? ordered_json(nullptr) : ordered_json(facts.fetched.http_status);
  object["content_type"] = nothing_or(facts.fetched.content_type);
  object["fetched_at"] = to_rfc3339(facts.fetched_at);
  put_finding(object, facts.finding);
  object["body_sha256"] = nothing_or(facts.body.sha256);
  object["body_path"] = nothing_or(facts.body.path);
  object["body_bytes"] = facts.body.sha256.empty() ? ordered_json(nullptr) : ordered_json(facts.body.bytes);
  object["verifier"] = text(facts.verifier);
  object["found_url"] = nothing_or(facts.found_url);
  object["robots"] = nothing_or(facts.robots);
  object["etag"] = nothing_or(facts.fetched.etag);
  object["last_modified"] = nothing_or(facts.fetched.last_modified);
  object["rendered_path"] = nothing_or(facts.rendering.document_path);
  object["screenshot_path"] = nothing_or(facts.rendering.screenshot_path);
  return written(object);
}

std::string site_json(const SiteFacts& facts) {
  ordered_json object{{"host", text(facts.host)},
                      {"took_ms", facts.took.count()},
                      {"failed", facts.failed},
                      {"outcome", facts.outcome}};
  if (facts.wait) object["wait_s"] = facts.wait->count();
  return written(object);
}

}  // namespace portavoz
