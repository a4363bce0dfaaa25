#include "adapters/json/verdict_json.h"

#include <nlohmann/json.hpp>

namespace portavoz {

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
  // dump() escapes line ends; NUL, which PostgreSQL's jsonb cannot hold, cannot come through libmilter's C
  // strings.
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_verdict_json(std::string_view line) {
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  return parsed.is_object();
}

}  // namespace portavoz
