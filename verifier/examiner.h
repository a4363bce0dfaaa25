// Examiner: one check without the register: fetch the page, keep its octets, judge. What to do when a page
// could not be read is the core's decision (retry_delay); that it could not be read is no error here. Errors:
// unavailable and the like when the octets cannot be kept: there is no report without its evidence. Threads:
// one examination at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/ares/resolver.h"
#include "adapters/curl/fetcher.h"
#include "adapters/os/epoll_reactor.h"
#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/evidence/finding.h"
#include "core/mail/address.h"
#include "verifier/evidence_store.h"

namespace portavoz {

struct Examination {
  FetchOutcome outcome = FetchOutcome::ok;
  Finding finding;
  std::optional<Seconds> try_again;  // then there is no report yet
  std::string detail;                // why, in a phrase
  std::string report;                // JSON for finish_check
};

class Examiner {
 public:
  // host: for the report, to say who looked.
  [[nodiscard]] static Result<Examiner> create(const Settings::Verifier& settings, const std::string& host);

  [[nodiscard]] Result<Examination> examine(const MailAddress& address, const std::string& url, int attempt);

 private:
  Examiner(std::unique_ptr<EpollReactor> loop, std::unique_ptr<Fetcher> fetcher, EvidenceStore store,
           std::string name)
      : loop_(std::move(loop)),
        fetcher_(std::move(fetcher)),
        store_(std::move(store)),
        name_(std::move(name)) {}
  std::unique_ptr<EpollReactor> loop_;
  std::unique_ptr<Fetcher> fetcher_;
  EvidenceStore store_;
  std::string name_;
};

}  // namespace portavoz
