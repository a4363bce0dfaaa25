#include "adapters/json/verdict_json.h"

#include <nlohmann/json.hpp>

#include "adapters/json/json_writer.h"

namespace portavoz {

std::string verdict_json(const VerdictRecord& verdict) {
  JsonWriter json;
  json.open('{')
      .member("id", verdict.id)
      .member("at", to_rfc3339(verdict.at))
      .member("host", verdict.host)
      .member("queue_id", verdict.queue_id)
      .member("message_id", verdict.message_id)
      .member("list", verdict.list)
      .member("client", verdict.client)
      .member("mail_from", verdict.mail_from)
      .member("header_from", verdict.header_from)
      .member("login", verdict.login)
      .member("rule", verdict.rule)
      .member("verdict", verdict.verdict)
      .member("code", verdict.code)
      .member("proof", verdict.proof);
  if (verdict.contact_id) json.key("contact_id").number(*verdict.contact_id);
  if (verdict.decision_id) json.key("decision_id").number(*verdict.decision_id);
  if (!verdict.facts.empty()) json.key("facts").raw(verdict.facts);
  return json.close('}').take();
}

bool is_verdict_json(std::string_view line) {
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  return parsed.is_object();
}

}  // namespace portavoz
