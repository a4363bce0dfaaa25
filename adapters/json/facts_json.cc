#include "adapters/json/facts_json.h"

#include <algorithm>
#include <string_view>

#include "adapters/json/json_writer.h"

namespace portavoz {
namespace {

constexpr std::size_t max_text_octets = 500;
constexpr std::size_t max_signed_names = 50;

std::string_view cut(std::string_view octets) { return octets.substr(0, max_text_octets); }

void write(JsonWriter& json, const DkimSignature& signature) {
  json.open('{')
      .member("domain", cut(signature.domain))
      .member("selector", cut(signature.selector))
      .member("algorithm", cut(signature.algorithm))
      .member("result", word(signature.result))
      .member("why", cut(signature.why));
  json.key("key_bits").number(signature.key_bits);
  json.key("test_key").boolean(signature.test_key);
  json.key("whole_body").boolean(signature.whole_body);
  json.key("signed").open('[');
  const std::size_t names = std::min(signature.signed_names.size(), max_signed_names);
  for (std::size_t i = 0; i < names; ++i) json.text(cut(signature.signed_names[i]));
  json.close(']').close('}');
}

void write(JsonWriter& json, const SpfAnswer& spf) {
  json.open('{').member("result", word(spf.result)).member("mechanism", cut(spf.mechanism));
  json.key("open").boolean(spf.open);
  json.key("lookups").number(spf.lookups);
  json.member("why", cut(spf.why)).close('}');
}

void write(JsonWriter& json, const Step& step) {
  json.open('{').member("rule", info(step.rule).word);
  json.key("decided").boolean(step.decided);
  json.member("why", cut(step.why)).close('}');
}

}  // namespace

std::string facts_json(const PostFacts& facts, const Verdict& verdict) {
  JsonWriter json;
  json.open('{');
  if (facts.client) json.member("client", facts.client->text());
  if (facts.dkim) {
    json.key("dkim").open('[');
    for (const DkimSignature& signature : facts.dkim->signatures) write(json, signature);
    json.close(']');
    if (facts.dkim->more) json.key("dkim_more").boolean(true);
  }
  if (facts.spf) write(json.key("spf"), *facts.spf);
  json.key("steps").open('[');
  for (const Step& step : verdict.steps) write(json, step);
  return json.close(']').close('}').take();
}

}  // namespace portavoz
