// fetch_pages URLS PAGES AT_ONCE [--ca FILE] [--dns IP:PORT] [--dead NAMES] [--steps DIRECTORY]: the load of
// fetch_floor through FetchLoop, with all its guards.
//   --dns    names are looked up there; without it every name is 127.0.0.1 at once
//   --dead   so many pages more at the same time, whose names (in dead.test) never answer
//   --steps  of each page: SHA-256, the judgement, and its evidence kept in a file, with the CPU time of each
// Prints JSON: pages, cpu_ms, wall_ms (until the last living page came), rss_kb, octets, and for --steps
// hash_ms, judge_ms, keep_ms. Exit status: 1 when a page did not come, 64 usage.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include <sysexits.h>
#include <unistd.h>

#include "adapters/ares/resolver.h"
#include "adapters/curl/fetch_loop.h"
#include "adapters/json/finding_json.h"
#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "adapters/os/file_limit.h"
#include "adapters/sodium/hash.h"
#include "bench/fetch_load.h"
#include "core/evidence/inspect.h"
#include "verifier/evidence_store.h"

namespace {

using namespace portavoz;

struct Options {
  std::string ca, dns, steps;
  std::size_t dead = 0;
};

AsyncResolve always_here(Reactor& reactor) {
  return [&reactor](const std::string&, Millis, std::function<void(Resolution)> done) {
    static_cast<void>(reactor.at(reactor.now(), [done = std::move(done)] {
      done({Resolution::Answer::found, {*IpAddress::parse("127.0.0.1")}, {}});
    }));
    return std::make_unique<LookUp>();
  };
}

class Bench {
 public:
  Bench(bench::Load load, const Options& options)
      : load_(std::move(load)), options_(options), pages_(loop_, rule(), resolve(), fetcher_options()) {}

  std::size_t run() {
    for (std::size_t i = 0; i < options_.dead; ++i)
      pages_.start({"http://n" + std::to_string(i) + ".dead.test/", {}, {}}, [](const FetchResult&) {});
    for (std::size_t i = 0; i < std::min(load_.at_once, load_.pages); ++i) start();
    loop_.run_until([this] { return ended_ == load_.pages; });
    return good_;
  }

  [[nodiscard]] std::string more() const {
    std::string out = ", \"octets\": " + std::to_string(octets_);
    if (options_.steps.empty()) return out;
    return out + ", \"hash_ms\": " + std::to_string(hash_ms_) +
           ", \"judge_ms\": " + std::to_string(judge_ms_) + ", \"keep_ms\": " + std::to_string(keep_ms_);
  }

 private:
  // Only loopback, on the port of the URLs.
  ConnectRule rule() const {
    const auto here = bench::host_port(load_.urls.front());
    return ConnectRule({*parse_endpoint("127.0.0.1" + here.substr(here.find(':')))});
  }

  AsyncResolve resolve() {
    return options_.dns.empty() ? always_here(loop_) : Resolver::create(loop_, {options_.dns})->function();
  }

  FetcherOptions fetcher_options() const {
    FetcherOptions options;
    options.limits.total = options.limits.connect = Millis(60'000);  // valgrind makes it slow
    if (!options_.ca.empty()) options.ca_bundle = options_.ca;
    return options;
  }

  void start() {
    pages_.start({load_.urls[started_++ % load_.urls.size()], {}, {}},
                 [this](const FetchResult& page) { take(page); });
  }

  void take(const FetchResult& page) {
    ++ended_;
    if (page.outcome == FetchOutcome::ok && page.body.ends_with("</html>\n")) {
      ++good_;
      octets_ += page.body.size();
      if (!options_.steps.empty()) steps(page);
    } else if (ended_ == good_ + 1) {
      std::fprintf(stderr, "fetch_pages: %s: %s\n", std::string(outcome_word(page.outcome)).c_str(),
                   page.detail.c_str());
    }
    if (started_ < load_.pages) start();
  }

  void steps(const FetchResult& page) {
    double at = bench::milliseconds(CLOCK_THREAD_CPUTIME_ID);
    const auto lap = [&at](double& sum) {
      const double now = bench::milliseconds(CLOCK_THREAD_CPUTIME_ID);
      sum += now - at;
      at = now;
    };
    const auto hash = sha256(page.body);
    lap(hash_ms_);
    const Inspection seen = inspect_fetched(page, address_);
    lap(judge_ms_);
    const auto kept =
        store_.keep(static_cast<std::int64_t>(ended_ % 1000), 1,
                    {page,
                     {},
                     now(),
                     "portavoz-verifier/0.1 on bench",
                     page.final_url,
                     finding_json(seen.finding, address_.text(), page.final_url, seen.outcome, "there")},
                    {});
    lap(keep_ms_);
    if (!kept || seen.finding.published != true || hash.empty()) --good_;
  }

  bench::Load load_;
  Options options_;
  MailAddress address_ = *MailAddress::parse("north@example.org");
  EpollReactor loop_{monotonic};
  FetchLoop pages_;
  EvidenceStore store_{options_.steps, "bench"};
  std::size_t started_ = 0;
  std::size_t ended_ = 0;
  std::size_t good_ = 0;
  std::size_t octets_ = 0;
  double hash_ms_ = 0;
  double judge_ms_ = 0;
  double keep_ms_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc % 2 != 0) return EX_USAGE;
  Options options;
  for (int i = 4; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--ca") options.ca = argv[i + 1];
    if (name == "--dns") options.dns = argv[i + 1];
    if (name == "--dead") options.dead = std::strtoul(argv[i + 1], nullptr, 10);
    if (name == "--steps") options.steps = argv[i + 1];
  }
  portavoz::raise_file_limit();
  const auto load = portavoz::bench::load_of(argv);
  Bench bench(load, options);
  const long began = portavoz::bench::wall_ms();
  const std::size_t good = bench.run();
  portavoz::bench::print(good, began, bench.more());
  return good == load.pages ? 0 : 1;
}
