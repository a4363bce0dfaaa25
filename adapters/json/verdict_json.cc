#include "adapters/json/verdict_json.h"

#include <nlohmann/json.hpp>

namespace portavoz {
namespace {

// PostgreSQL's jsonb cannot hold NUL, and a stranger's DNS record can.
void without_nul(nlohmann::json& value) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    for (std::size_t at = text.find('\0'); at != std::string::npos; at = text.find('\0', at))
      text.replace(at, 1, "\xEF\xBF\xBD");
  }
  if (value.is_structured())
    for (nlohmann::json& inner : value) without_nul(inner);
}

}  // namespace

std::string verdict_json(const VerdictRecord& verdict) {
  nlohmann::json object{{"id", verdict.id},
                        {"at", to_rfc3339(verdict.at)},
                        {"host", verdict.host},
                        {"queue_id", verdict.queue_id},
                        {"message_id", verdict.message_id},
                        {"list", verdict.list},
                        {"client", verdict.client},
                        {"mail_from", verdict.mail_from},
                        {"header_from", verdict.header_from},
                        {"login", verdict.login},
                        {"rule", verdict.rule},
                        {"verdict", verdict.verdict},
                        {"code", verdict.code},
                        {"proof", verdict.proof}};
  if (verdict.contact_id) object["contact_id"] = *verdict.contact_id;
  if (verdict.decision_id) object["decision_id"] = *verdict.decision_id;
  if (auto facts = nlohmann::json::parse(verdict.facts, nullptr, false); facts.is_object())
    object["facts"] = std::move(facts);
  without_nul(object);
  // dump() escapes line ends.
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_verdict_json(std::string_view line) {
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  return parsed.is_object();
}

}  // namespace portavoz
