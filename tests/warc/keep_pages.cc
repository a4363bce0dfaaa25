// keep_pages DIRECTORY: fetches pages of tests/lib/web_server.py, good and bad ones, and keeps the evidence
// of each as the verifier does, below DIRECTORY. Prints a JSON array for read.mjs, an object for each file:
// name, path, response_path, outcome, answered (octets came), body_sha256 (of the page; empty without one).
#include <cstdio>
#include <cstdlib>
#include <optional>

#include <sysexits.h>

#include <nlohmann/json.hpp>

#include "adapters/json/finding_json.h"
#include "adapters/os/clock.h"
#include "core/evidence/inspect.h"
#include "tests/lib/fetcher.h"
#include "tests/lib/web_server.h"
#include "verifier/evidence_store.h"

namespace {

using namespace portavoz;

class Pages {
 public:
  explicit Pages(const std::string& directory) : store_(directory, "host.example") {}

  // again: as the next check of the same contact, which knows what this one left.
  void look(const std::string& path, bool again = false) {
    std::optional<FetchResult> first = keep(path, {}, nullptr);
    if (again) keep(path + " again", *first, &last_);
  }

  [[nodiscard]] std::string list() const { return list_.dump(1); }

 private:
  std::optional<FetchResult> keep(const std::string& name, const FetchResult& earlier,
                                  const KeptEvidence* kept) {
    const std::string url = server_.url(name.substr(0, name.find(' ')));
    FetchResult fetched = fetcher_.fetch({url, earlier.etag, earlier.last_modified});
    if (fetched.outcome == FetchOutcome::not_modified && kept) {
      fetched.outcome = FetchOutcome::ok;  // as core/crawl/examination.h has it
      fetched.body = earlier.body;
    }
    const Inspection seen = inspect_fetched(fetched, address_);
    const EvidenceStore::Place place =
        kept ? EvidenceStore::Place{kept->host, kept->response_path, kept->body_sha256}
             : EvidenceStore::Place{};
    const auto written =
        store_.keep(++number_, 1,
                    {fetched,
                     {},
                     began_ + Seconds(number_),
                     "portavoz-verifier/0.1 on host.example",
                     url,
                     finding_json(seen.finding, address_.text(), url, seen.outcome, "there")},
                    place);
    if (!written) {
      std::fprintf(stderr, "keep_pages: %s: %s\n", name.c_str(), written.error().what.c_str());
      std::exit(EX_IOERR);
    }
    last_ = *written;
    list_.push_back({{"name", name},
                     {"path", last_.path},
                     {"response_path", last_.response_path},
                     {"outcome", outcome_word(fetched.outcome)},
                     {"answered", !fetched.response_octets.empty()},
                     {"whole", fetched.whole},
                     {"body_sha256", last_.body_sha256}});
    return fetched;
  }

  static FetcherOptions quick() {
    FetcherOptions options;
    options.limits.total = Millis(1500);
    return options;
  }

  test::WebServer server_;
  EpollReactor loop_{monotonic};
  test::Fetcher fetcher_{
      loop_, ConnectRule({{*IpAddress::parse("127.0.0.1"), static_cast<std::uint16_t>(server_.http)}}),
      nullptr, quick()};
  MailAddress address_ = *MailAddress::parse("north@example.org");
  EvidenceStore store_;
  Instant began_ = *parse_rfc3339("2026-11-23T09:00:00Z");
  std::int64_t number_ = 0;
  KeptEvidence last_;
  nlohmann::json list_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return EX_USAGE;
  Pages pages(argv[1]);
  for (const char* path : {"/page", "/gzip", "/chunked", "/text", "/no-type", "/validated"})
    pages.look(path, true);
  for (const char* path : {"/two-hops",     "/continued",    "/more-than-announced",
                           "/missing",      "/broken",       "/later",
                           "/pdf",          "/none",         "/empty",
                           "/no-http",      "/no-colon",     "/nul",
                           "/nothing",      "/cut",          "/chunked-cut",
                           "/gzip-lie",     "/gzip-cut",     "/bomb",
                           "/huge-headers", "/huge-chunked", "/trickle",
                           "/silent",       "/loop",         "/to-file",
                           "/to-port-22"})
    pages.look(path);
  std::puts(pages.list().c_str());
  return 0;
}
