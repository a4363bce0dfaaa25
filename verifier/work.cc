#include "verifier/work.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "adapters/json/finding_json.h"
#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "core/evidence/retry.h"
#include "verifier/crawl_thread.h"
#include "verifier/evidence_store.h"

namespace portavoz {
namespace {

constexpr std::size_t batch = 100;
// Longer than a check may wait for its turn and then take.
constexpr Seconds lease{900};
constexpr Millis poll_period{30'000};  // a notification is lost while nobody listens
constexpr Millis shortest_wait{100};
constexpr Millis tick{500};            // how long a stop may have to wait
constexpr Millis last_seconds{5'000};  // for what is under way at a stop
constexpr Millis longest_absence_wait{60'000};
constexpr Millis minute{60'000};
constexpr Millis patience{120'000};     // for a turn that another worker has
constexpr Millis asking_period{1'000};  // for it
constexpr Millis tidy_period{3'600'000};

bool is_absence(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::in_doubt;
}

std::string_view word(const std::optional<bool>& answer) {
  return !answer ? "unknown" : *answer ? "yes" : "no";
}

std::string name_of(const Check& check) {
  return "check " + std::to_string(check.id) + ": " + check.address + " " + check.url;
}

EvidenceStore::Place earlier_place(const Check& check) {
  return {check.response_host, check.response_path, check.body_sha256};
}

// What the crawl threads hand over, until the register's thread takes it.
class Results {
 public:
  void put(CrawlResult&& result) {
    const std::lock_guard lock(mutex_);
    results_.push_back(std::move(result));
    came_.notify_one();
  }

  // What came, or what comes within the time.
  std::deque<CrawlResult> take(Millis within) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, within, [this] { return !results_.empty(); });
    return std::exchange(results_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<CrawlResult> results_;
};

}  // namespace

class Work::Parts {
 public:
  Parts(CheckQueue queue, WorkOptions options)
      : queue_(std::move(queue)),
        options_(std::move(options)),
        store_(options_.settings.evidence, options_.host) {}

  Result<void> start_threads();
  Result<void> run(const std::stop_token& stop);

 private:
  using Told = Result<void>;
  using Telling = std::variant<Looked, GivenBack, SiteSeen>;
  struct Left {
    std::string site;
    Millis free_at;  // for the next one
  };
  // The turn that a thread waits for, and since when.
  struct Wish {
    std::string site;
    std::size_t thread;
    Millis since;
  };

  Result<std::size_t> claim();
  Told take_results(Millis within);
  Told tell_pending();
  Told tell(const Looked& looked);
  Told tell(const GivenBack& given);
  Told tell(const SiteSeen& seen);
  void take_in(std::deque<CrawlResult> came);
  Told leave_sites();
  Told ask_turns();
  Told report(const Check& check, const Look& look);
  Result<Report> written(const Check& check, const Look& look) const;
  void tidy();
  std::optional<EarlierPage> earlier(const Check& check) const;
  void away(const Error& error);
  void back();
  void end();
  void log_progress();

  CheckQueue queue_;
  WorkOptions options_;
  std::stop_token stop_;
  EvidenceStore store_;
  Results results_;
  std::vector<std::unique_ptr<CrawlThread>> threads_;  // gone before results_ is
  std::unordered_map<std::uint64_t, Check> held_;      // by check
  std::deque<Telling> pending_;                        // not told yet
  // By check: reports whose evidence is on the disk, until the register has them. Written once: it knows the
  // hash.
  std::unordered_map<std::uint64_t, Report> written_;
  std::string seen_;             // JSON entries of sites
  std::set<std::string> turns_;  // the sites whose turns are ours
  std::vector<Left> left_;       // those that are over
  std::vector<Wish> wishes_;
  Millis asked_{0};  // for the wishes
  std::size_t done_ = 0, done_before_ = 0, total_ = 0;
  Millis began_ = monotonic(), last_progress_ = began_;
  std::optional<Millis> tidied_;
  bool away_ = false;
  Millis absence_wait_{1000};
};

Result<void> Work::Parts::start_threads() {
  for (const auto& each : options_.settings.allow)
    log_info("may connect to " + each + " although it is not public (verifier.allow)");
  for (std::uint64_t i = 0; i < options_.settings.threads; ++i) {
    auto thread = CrawlThread::start(options_.settings, options_.judging, [this, i](CrawlResult result) {
      if (auto* wanted = std::get_if<TurnWanted>(&result)) wanted->thread = i;
      results_.put(std::move(result));
    });
    if (!thread) return thread.error();
    threads_.push_back(std::move(*thread));
  }
  return {};
}

std::optional<EarlierPage> Work::Parts::earlier(const Check& check) const {
  if (check.etag.empty() && check.last_modified.empty()) return std::nullopt;
  auto kept = store_.find(earlier_place(check));
  if (!kept) return std::nullopt;
  return EarlierPage{check.etag, check.last_modified, check.content_type, check.final_url,
                     std::move(kept->body)};
}

// The number of checks that were claimed.
Result<std::size_t> Work::Parts::claim() {
  const std::size_t room =
      options_.settings.in_flight - std::min<std::size_t>(held_.size(), options_.settings.in_flight);
  if (room == 0) return 0;
  const Millis time = monotonic();
  auto checks = queue_.claim(static_cast<int>(std::min(room, batch)), lease, time, held_.empty());
  if (!checks) return checks.error();
  if (checks->empty()) return 0;
  auto rules = queue_.site_rules();
  if (!rules) return rules.error();
  std::vector<std::vector<Errand>> errands(threads_.size());
  std::set<std::string> unused;  // the turns that no errand needs
  for (const Check& check : *checks) unused.insert(check.site);
  turns_.insert(unused.begin(), unused.end());
  for (Check& check : *checks) {
    const auto id = static_cast<std::uint64_t>(check.id);
    const auto address = MailAddress::parse(check.address);
    if (!address) {
      log_error(name_of(check) + ": no report: " + address.error().what);
      held_[id] = check;
      pending_.emplace_back(GivenBack{id, Seconds(86400), "the verifier cannot read the address"});
      continue;
    }
    const std::string host = host_of(check.url);
    const std::string_view site = paced_name(host);
    const auto thread = std::hash<std::string_view>{}(site) % threads_.size();
    // The register knows less of URLs: where it took another turn, the true one is asked for.
    const bool ours = site == check.site;
    if (ours) unused.erase(check.site);
    errands[thread].push_back(
        {id, check.url, *address, earlier(check), ours ? Millis(time + lease) : Millis(0)});
    held_[id] = std::move(check);
  }
  for (const std::string& site : unused) left_.push_back({site, time});
  for (std::size_t i = 0; i < threads_.size(); ++i) threads_[i]->give(std::move(errands[i]), *rules);
  return checks->size();
}

// The evidence on the disk, and the report that names it.
Result<Report> Work::Parts::written(const Check& check, const Look& look) const {
  const Instant time = now();
  const std::string verifier = "portavoz-verifier/0.1 on " + options_.host;
  const Inspection& seen = look.inspection;
  auto kept = store_.keep(
      check.id, check.attempt,
      {look.fetched,
       {},
       time,
       verifier,
       check.url,
       finding_json(seen.finding, check.address, check.url, seen.outcome, domain_word(look.domain)),
       look.rendered.html,
       look.rendered.png},
      earlier_place(check));
  if (!kept) return kept.error();
  return Report{
      report_json({look.fetched, seen.finding, seen.outcome, check.url, time, *kept, verifier, look.found_url,
                   std::string(robots_word(look.robots)), std::string(domain_word(look.domain))}),
      evidence_json(*kept)};
}

Result<void> Work::Parts::report(const Check& check, const Look& look) {
  const std::string outcome = "outcome=" + std::string(outcome_word(look.inspection.outcome));
  // A domain that is gone is told with each look: its days are counted by them.
  const auto delay =
      look.domain == AddressDomain::gone ? std::nullopt : retry_delay(look.fetched, check.id, check.look);
  if (delay) {
    const std::string why = outcome + (look.fetched.detail.empty() ? "" : " (" + look.fetched.detail + ")");
    auto postponed = queue_.postpone(check, *delay, why);
    if (postponed)
      log_info(name_of(check) + ": " + why + "; again in " + std::to_string(delay->count()) + " s");
    return postponed;
  }
  const auto id = static_cast<std::uint64_t>(check.id);
  if (!written_.contains(id)) {
    auto report = written(check, look);
    if (!report) {  // there is no report without its evidence
      log_error(name_of(check) + ": no report: " + report.error().what);
      return queue_.give_back({check}, Seconds(600), "the verifier could not do it: " + report.error().what);
    }
    written_[id] = std::move(*report);
  }
  const auto number = queue_.finish(check, written_[id]);
  if (!number) return number.error();
  log_info(name_of(check) + ": " + outcome +
           " published=" + std::string(word(look.inspection.finding.published)) + " official=" +
           std::string(word(look.inspection.finding.official)) + " report=" + std::to_string(*number));
  return {};
}

Result<void> Work::Parts::tell(const Looked& looked) {
  const auto held = held_.find(looked.id);
  if (held == held_.end()) return {};
  if (auto told = report(held->second, looked.look); !told) {
    if (is_absence(told.error())) return told;
    // A conflict is another worker, or an admin, who was faster.
    const std::string line = name_of(held->second) + ": its result was not taken: " + told.error().what;
    told.error().kind == ErrorKind::conflict ? log_info(line) : log_error(line);
  }
  written_.erase(looked.id);
  held_.erase(held);
  ++done_;
  return {};
}

Result<void> Work::Parts::tell(const GivenBack& given) {
  const auto held = held_.find(given.id);
  if (held == held_.end()) return {};
  if (auto told = queue_.give_back({held->second}, given.delay, given.why); !told) {
    if (is_absence(told.error())) return told;
    log_error(name_of(held->second) + ": it could not be given back: " + told.error().what);
  }
  held_.erase(held);
  ++done_;
  return {};
}

Result<void> Work::Parts::tell(const SiteSeen& seen) {
  seen_ += (seen_.empty() ? "" : ",") +
           site_json({seen.host, seen.took, seen.failed, std::string(outcome_word(seen.outcome)), seen.wait});
  return {};
}

void Work::Parts::take_in(std::deque<CrawlResult> came) {
  for (CrawlResult& result : came) {
    if (const auto* wanted = std::get_if<TurnWanted>(&result)) {
      wishes_.push_back({wanted->site, wanted->thread, monotonic()});
      asked_ = Millis(0);
    } else if (const auto* left = std::get_if<SiteLeft>(&result)) {
      left_.push_back({left->site, monotonic() + left->wait});
    } else if (auto* looked = std::get_if<Looked>(&result)) {
      pending_.emplace_back(std::move(*looked));
    } else if (auto* given = std::get_if<GivenBack>(&result)) {
      pending_.emplace_back(std::move(*given));
    } else {
      pending_.emplace_back(std::get<SiteSeen>(std::move(result)));
    }
  }
}

Result<void> Work::Parts::leave_sites() {
  if (left_.empty()) return {};
  std::vector<CheckQueue::Leaving> leaving;
  for (const Left& each : left_)
    leaving.push_back({each.site, std::max(each.free_at - monotonic(), Millis(0))});
  if (auto told = queue_.leave_sites(leaving); !told) {
    if (is_absence(told.error())) return told;
    log_error("turns of " + std::to_string(left_.size()) +
              " sites could not be given back, and end with their leases: " + told.error().what);
  }
  for (const Left& each : left_) turns_.erase(each.site);
  left_.clear();
  return {};
}

// A site that is another worker's, or another thread's, is asked for again until it has taken too long.
Result<void> Work::Parts::ask_turns() {
  const Millis time = monotonic();
  if (wishes_.empty() || time - asked_ < asking_period) return {};
  asked_ = time;
  std::vector<std::string> sites;
  for (const Wish& wish : wishes_) sites.push_back(wish.site);
  auto taken = queue_.take_turns(sites, lease);
  if (!taken) return taken.error();
  turns_.insert(taken->begin(), taken->end());
  std::erase_if(wishes_, [&](const Wish& wish) {
    const bool ours = taken->erase(wish.site) > 0;  // the first one's who wants it
    if (!ours && time - wish.since < patience) return false;
    threads_[wish.thread]->turn(wish.site, ours ? std::optional<Millis>(time + lease) : std::nullopt);
    return true;
  });
  return {};
}

// The sites first: who is told of a check that was given back finds its site free.
Result<void> Work::Parts::tell_pending() {
  if (auto told = leave_sites(); !told) return told;
  while (!pending_.empty()) {
    if (auto told = std::visit([this](const auto& each) { return tell(each); }, pending_.front()); !told)
      return told;
    pending_.pop_front();
  }
  if (seen_.empty()) return {};
  if (auto noted = queue_.note_sites("[" + seen_ + "]"); !noted) {
    if (is_absence(noted.error())) return noted;
    log_error("what was seen of sites was not taken: " + noted.error().what);
  }
  seen_.clear();
  return {};
}

Result<void> Work::Parts::take_results(Millis within) {
  take_in(results_.take(pending_.empty() ? within : Millis(0)));
  if (auto connected = queue_.connect(); !connected) return connected;
  return tell_pending();
}

// Waits after a failure, longer each time, and says so once for each absence.
void Work::Parts::away(const Error& error) {
  if (!std::exchange(away_, true))
    log_warning("the register cannot be used now, trying again: " + error.what);
  const Millis until = monotonic() + absence_wait_;
  while (monotonic() < until && !stop_.stop_requested()) {
    take_in(results_.take(std::min(tick, until - monotonic())));
  }
  absence_wait_ = std::min(absence_wait_ * 2, longest_absence_wait);
}

void Work::Parts::back() {
  if (std::exchange(away_, false)) log_info("the register can be used again");
  absence_wait_ = Millis(1000);
}

// Precondition: the register was there a moment ago. What cannot be done now is tried again in a minute.
void Work::Parts::tidy() {
  const Millis time = monotonic();
  if (tidied_ && time - *tidied_ < tidy_period) return;
  tidied_ = time - tidy_period + minute;
  const auto in_use = queue_.evidence_in_use();
  const RetentionRules rules{options_.settings.evidence_budget, options_.settings.evidence_kept};
  const auto left = in_use ? store_.tidy(*in_use, rules, now()) : Result<std::uint64_t>(in_use.error());
  if (!left) return log_warning("evidence that may go was not removed: " + left.error().what);
  if (*left > rules.budget)
    log_warning("the evidence takes " + std::to_string(*left) +
                " octets, more than verifier.evidence_budget (" + std::to_string(rules.budget) +
                "): all of it is of reports that count or wait for an admin, and is kept; give it more room");
  tidied_ = time;
}

void Work::Parts::log_progress() {
  const Millis time = monotonic();
  const Millis period = options_.progress ? Millis(1000) : minute;
  if (time - last_progress_ < period) return;
  const auto a_minute =
      (done_ - done_before_) * 60'000 / static_cast<std::size_t>((time - last_progress_).count());
  std::string line = std::to_string(done_) + " checks done, " + std::to_string(a_minute) + " a minute";
  if (options_.progress) {
    const std::size_t left = std::max(total_, done_) - done_;
    const auto so_far = static_cast<std::size_t>((time - began_).count());
    line += ", " + std::to_string(left) + " to do";
    if (done_ > 0) line += ", about " + std::to_string(left * so_far / done_ / 1000) + " s";
    std::fprintf(stderr, "%s\n", line.c_str());
  } else if (done_ != done_before_ || !held_.empty()) {
    log_info(line);
  }
  last_progress_ = time;
  done_before_ = done_;
}

// What is under way may end, all else goes back.
void Work::Parts::end() {
  for (const auto& thread : threads_) thread->stop();
  const Millis until = monotonic() + last_seconds;
  Result<void> told;
  while (!held_.empty() && monotonic() < until && told) told = take_results(Millis(100));
  threads_.clear();
  if (told) told = take_results(Millis(0));
  std::vector<Check> rest;
  for (const auto& [id, check] : held_) rest.push_back(check);
  // Their connections were cut.
  for (const std::string& site : turns_) left_.push_back({site, monotonic() + options_.settings.pause});
  if (told) told = leave_sites();
  if (told && !rest.empty()) told = queue_.give_back(rest, Seconds(0), "the verifier was stopped");
  if (!told)
    log_error(std::to_string(rest.size()) + " checks and " + std::to_string(turns_.size()) +
              " turns of sites come back when their leases end: " + told.error().what);
}

Result<void> Work::Parts::run(const std::stop_token& stop) {
  stop_ = stop;
  if (options_.progress && queue_.connect())
    if (const auto due = queue_.count_due()) total_ = *due;
  while (!stop_.stop_requested()) {
    log_progress();
    auto told = take_results(held_.empty() ? Millis(0) : Millis(100));
    if (told) told = ask_turns();
    if (told) tidy();
    const auto claimed = told ? claim() : Result<std::size_t>(told.error());
    if (!claimed) {
      if (options_.once) return claimed.error();
      away(claimed.error());
      continue;
    }
    back();
    if (*claimed > 0 || !held_.empty()) continue;
    const auto turn = queue_.next_turn();
    if (!turn) {
      if (options_.once) return turn.error();
      away(turn.error());
      continue;
    }
    if (options_.once && (!*turn || **turn > patience)) return {};
    const Millis until = monotonic() + std::clamp(turn->value_or(poll_period), shortest_wait, poll_period);
    for (Millis time = monotonic(); time < until && !stop_.stop_requested(); time = monotonic())
      if (queue_.wait_for_due(std::min(tick, until - time))) break;
  }
  end();
  return {};
}

Work::Work(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Work::Work(Work&&) noexcept = default;
Work& Work::operator=(Work&&) noexcept = default;
Work::~Work() = default;

Result<Work> Work::prepare(CheckQueue queue, WorkOptions options) {
  auto parts = std::make_unique<Parts>(std::move(queue), std::move(options));
  if (auto started = parts->start_threads(); !started) return started.error();
  return Work(std::move(parts));
}

Result<void> Work::run(const std::stop_token& stop) { return parts_->run(stop); }

}  // namespace portavoz
