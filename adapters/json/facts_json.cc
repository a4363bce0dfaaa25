#include "adapters/json/facts_json.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

namespace portavoz {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t max_text_octets = 500;
constexpr std::size_t max_signed_names = 50;

std::string text(std::string_view octets) {
  std::string out(octets.substr(0, max_text_octets));
  std::replace(out.begin(), out.end(), '\0', '\xFF');  // which the writer turns into U+FFFD
  return out;
}

ordered_json json_of(const DkimSignature& signature) {
  auto names = ordered_json::array();
  for (const std::string& name : signature.signed_names)
    if (names.size() < max_signed_names) names.push_back(text(name));
  return {{"domain", text(signature.domain)},
          {"selector", text(signature.selector)},
          {"algorithm", text(signature.algorithm)},
          {"result", word(signature.result)},
          {"why", text(signature.why)},
          {"key_bits", signature.key_bits},
          {"test_key", signature.test_key},
          {"whole_body", signature.whole_body},
          {"signed", std::move(names)}};
}

ordered_json json_of(const SpfAnswer& spf) {
  return {{"result", word(spf.result)},
          {"mechanism", text(spf.mechanism)},
          {"open", spf.open},
          {"lookups", spf.lookups},
          {"why", text(spf.why)}};
}

}  // namespace

std::string facts_json(const PostFacts& facts, const Verdict& verdict) {
  ordered_json object = ordered_json::object();
  if (facts.client) object["client"] = facts.client->text();
  if (facts.dkim) {
    object["dkim"] = ordered_json::array();
    for (const DkimSignature& signature : facts.dkim->signatures)
      object["dkim"].push_back(json_of(signature));
    if (facts.dkim->more) object["dkim_more"] = true;
  }
  if (facts.spf) object["spf"] = json_of(*facts.spf);
  object["steps"] = ordered_json::array();
  for (const Step& step : verdict.steps)
    object["steps"].push_back(
        {{"rule", info(step.rule).word}, {"decided", step.decided}, {"why", text(step.why)}});
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace portavoz
