#include "verifier/examiner.h"

#include <utility>
#include <vector>

#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "core/evidence/inspect.h"
#include "core/evidence/retry.h"

namespace portavoz {

Result<Examiner> Examiner::create(const Settings::Verifier& settings, const std::string& host) {
  auto loop = std::make_unique<EpollReactor>(monotonic);
  const auto resolver = Resolver::create(*loop, settings.resolvers);
  if (!resolver) return resolver.error();
  std::vector<Endpoint> exceptions;
  for (const auto& text : settings.allow) {
    const auto endpoint = parse_endpoint(text);
    if (!endpoint) return Error{ErrorKind::bad_input, "verifier.allow: " + endpoint.error().what};
    exceptions.push_back(*endpoint);
    log_info("may connect to " + text + " although it is not public (verifier.allow)");
  }
  auto fetcher = std::make_unique<Fetcher>(*loop, ConnectRule(std::move(exceptions)), resolver->function(),
                                           FetcherOptions{.limits = {}, .about = settings.about});
  return Examiner(std::move(loop), std::move(fetcher), EvidenceStore(settings.evidence),
                  "portavoz-verifier/0.1 on " + host);
}

Result<Examination> Examiner::examine(const MailAddress& address, const std::string& url, int attempt) {
  const Instant at = now();
  const FetchResult fetched = fetcher_->fetch({url, {}, {}});
  Inspection seen = inspect_fetched(fetched, address);
  Examination out{seen.outcome, std::move(seen.finding), retry_delay(fetched, attempt), fetched.detail, {}};
  if (out.try_again) return out;
  KeptBody body;
  if (fetched.outcome == FetchOutcome::ok) {
    auto kept = store_.keep(fetched.body);
    if (!kept) return kept.error();
    body = std::move(*kept);
  }
  out.report = report_json({fetched, out.finding, out.outcome, url, at, std::move(body), name_});
  return out;
}

}  // namespace portavoz
