#include "core/policy/proving.h"

#include <algorithm>

namespace portavoz {
namespace {

SpfAnswer spf_of(const PostFacts& facts, const Prover& prover) {
  SpfAnswer none;
  if (!facts.client) {
    none.why = "there is no client to judge";
    return none;
  }
  const auto sender = MailAddress::parse(facts.mail_from);
  if (!sender) {
    none.why = "the envelope sender is no mailbox: " + sender.error().what;
    return none;
  }
  return prover.spf({*facts.client, *sender, prover.helo});
}

Verdict asked_twice(std::string_view what) {
  Verdict verdict;
  verdict.rule = Rule::internal_error;
  verdict.detail = "the decision asked for " + std::string(what) + " a second time";
  return verdict;
}

}  // namespace

std::optional<IpAddress> judged_client(const IpAddress& client, const std::vector<IpAddress>& relays) {
  if (std::find(relays.begin(), relays.end(), client) != relays.end()) return std::nullopt;
  return client;
}

Verdict decide_with(PostFacts& facts, const Roll& roll, const DecideLimits& limits, Instant now,
                    const Prover& prover) {
  for (;;) {
    auto answer = decide(facts, roll, limits, now);
    if (auto* verdict = std::get_if<Verdict>(&answer)) return std::move(*verdict);
    const auto& question = std::get<Question>(answer);
    if (question.about == Question::About::dkim) {
      if (facts.dkim) return asked_twice("DKIM");
      facts.dkim = prover.dkim(question.signing_domains);
    } else {
      if (facts.spf) return asked_twice("SPF");
      facts.spf = spf_of(facts, prover);
    }
  }
}

}  // namespace portavoz
