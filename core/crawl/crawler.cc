#include "core/crawl/crawler.h"

#include <algorithm>
#include <utility>

namespace portavoz {
namespace {

constexpr Millis rules_last = std::chrono::hours(24);      // RFC 9309 §2.4
constexpr Millis no_rules_last = std::chrono::minutes(5);  // where they cannot be known now
constexpr Millis patience = std::chrono::minutes(2);  // for a turn; longer waits are the queue's business
constexpr Millis anothers_turn = std::chrono::minutes(10);
constexpr Millis without_judge = std::chrono::minutes(1);
constexpr std::size_t many = 10'000;                   // sites and rules that are remembered
constexpr std::size_t most_robots_octets = 64 << 20U;  // of those rules: one site's may take 2 MiB
constexpr Millis domain_within{5'000};                 // for the DNS to answer

Seconds whole_seconds(Millis time) { return std::chrono::ceil<Seconds>(time); }

}  // namespace

std::string host_of(const std::string& url) {
  const auto parsed = Url::parse(url);
  return parsed ? parsed->host() : url;
}

Crawler::~Crawler() {
  for (const auto& [name, site] : sites_)
    if (site->timer != 0) reactor_.cancel(site->timer);
}

void Crawler::rule(const std::string& host, bool robots_overridden, Millis wait) {
  if (robots_overridden) overridden_.insert(host);
  if (wait > Millis(0)) site_for("http://" + host + "/").pace.wait_until(reactor_.now() + wait);
}

Crawler::Site& Crawler::site_for(const std::string& url) {
  const std::string name(paced_name(host_of(url)));
  auto& site = sites_[name];
  // What is no URL is no site that others could be at.
  if (!site)
    site = std::make_unique<Site>(name, tools_.ask_turn && Url::parse(url).has_value(), options_.pause);
  return *site;
}

// All are at their sites before the first one can be done there, so that no turn ends too soon.
void Crawler::take(std::vector<Errand> errands) {
  sweep();
  std::vector<Task*> came;
  for (Errand& errand : errands) {
    const bool overridden = overridden_.contains(host_of(errand.url));
    Examination examination(errand.url, std::move(errand.earlier),
                            {.robots_overridden = overridden,
                             .may_render = static_cast<bool>(tools_.render),
                             .total = options_.total,
                             .octets = options_.octets});
    Site& site = site_for(errand.url);
    if (errand.turn_until > Millis(0)) site.turn_until = errand.turn_until;
    auto& task = tasks_[errand.id];
    task = std::make_unique<Task>(Task{std::move(errand), std::move(examination)});
    enter(*task, &site);
    came.push_back(task.get());
  }
  for (Task* task : came) advance(*task);
}

void Crawler::enter(Task& task, Site* site) {
  if (task.site == site) return;
  Site* const before = std::exchange(task.site, site);
  if (site != nullptr) ++site->tasks;
  if (before != nullptr && --before->tasks == 0) leave(*before);
}

void Crawler::leave(Site& site) {
  if (std::exchange(site.turn_until, Millis(0)) == Millis(0)) return;
  tools_.left(site.name, std::max(site.pace.free_at() - reactor_.now(), Millis(0)));
}

// Only what ends within the turn may begin.
bool Crawler::ours(const Site& site) const {
  return !site.needs_turn || reactor_.now() + options_.total < site.turn_until;
}

void Crawler::turn(const std::string& name, std::optional<Millis> until) {
  const auto found = sites_.find(name);
  if (found == sites_.end()) return;
  Site& site = *found->second;
  site.asked = false;
  if (until) site.turn_until = *until;
  if (site.tasks == 0) return leave(site);
  if (ours(site)) return pump(site);
  const auto waiting = std::exchange(site.waiting, {});
  for (Task* task : waiting) give_back(*task, anothers_turn, "another verifier is at its site");
}

// Takes the steps that need no request of a site; ends in a queue, in a judgement, or with the last question.
void Crawler::advance(Task& task) {
  switch (task.examination.next()) {
    case Examination::Step::robots:
      if (!ask_memory(task)) return queue(task);
      return advance(task);
    case Examination::Step::fetch: return queue(task);
    case Examination::Step::judge:
      return tools_.judge(task.examination.page(), task.errand.address,
                          [this, &task](Result<Inspection> seen) {
                            if (!seen) return give_back(task, without_judge, seen.error().what);
                            task.examination.judged(std::move(*seen));
                            advance(task);
                          });
    case Examination::Step::render:
      return tools_.render(task.examination.page(), task.examination.left(),
                           [this, &task](std::optional<Rendered> page, Millis took) {
                             task.examination.rendered(std::move(page), took);
                             advance(task);
                           });
    case Examination::Step::done: enter(task, nullptr); return ask_domain(task);
  }
}

bool Crawler::ask_memory(Task& task) {
  const auto url = Url::parse(task.examination.url());
  if (!url) return task.examination.rules({}), true;  // the fetch will say what is wrong with it
  const auto known = robots_.find(robots_url(*url));
  if (known == robots_.end() || known->second.until <= reactor_.now()) return false;
  task.examination.rules(known->second.rules);
  return true;
}

void Crawler::queue(Task& task) {
  Site& site = site_for(task.examination.url());
  if (stopped_) return give_back(task, Millis(0), *stopped_);
  const Millis free_in = std::max(site.pace.free_at() - reactor_.now(), Millis(0));
  const Millis turn =
      free_in + (task.begun ? Millis(0) : site.pace.pause() * static_cast<int>(site.waiting.size()));
  if (turn > patience) return give_back(task, turn, "its site is to be left alone for some time");
  enter(task, &site);
  site.waiting.insert(task.begun ? site.waiting.begin() : site.waiting.end(), &task);
  pump(site);
}

void Crawler::pump(Site& site) {
  if (stopped_ || site.pace.busy() || site.waiting.empty() || site.timer != 0) return;
  if (!ours(site)) {
    leave(site);  // what is left of it is too short
    if (!std::exchange(site.asked, true)) tools_.ask_turn(site.name);
    return;
  }
  const Millis now = reactor_.now();
  if (site.pace.free_at() - now > patience) {
    const auto waiting = std::exchange(site.waiting, {});
    for (Task* task : waiting) give_back(*task, site.pace.free_at() - now, "its site asks us to wait");
    return;
  }
  if (site.pace.free_at() > now) {
    site.timer = reactor_.at(site.pace.free_at(), [this, &site] {
      site.timer = 0;
      pump(site);
    });
    return;
  }
  Task& task = *site.waiting.front();
  site.waiting.pop_front();
  // What another errand learned meanwhile need not be asked again.
  if (task.examination.next() == Examination::Step::robots && ask_memory(task)) {
    advance(task);
    return pump(site);
  }
  send(site, task);
}

void Crawler::send(Site& site, Task& task) {
  const bool for_rules = task.examination.next() == Examination::Step::robots;
  const auto url = Url::parse(task.examination.url());
  FetchRequest request = task.examination.request();
  if (for_rules && url)
    request = {
        .url = robots_url(*url), .if_none_match = {}, .if_modified_since = {}, .within = options_.total};
  const std::string where = request.url;
  const Millis began = reactor_.now();
  task.begun = true;
  site.pace.began();
  tools_.fetch(std::move(request), [this, &site, &task, for_rules, where, began](FetchResult fetched) {
    const Millis now = reactor_.now();
    site.pace.ended(fetched, now);
    // A site that sends us to another one did what it was asked.
    const FetchOutcome seen = fetched.elsewhere.empty() ? fetched.outcome : FetchOutcome::ok;
    tools_.seen({host_of(where), now - began, seen, troubled(fetched), fetched.retry_after});
    if (for_rules) {
      rules_came(task, where, fetched, site);
    } else {
      task.examination.fetched(std::move(fetched), now - began);
    }
    advance(task);
    pump(site);
  });
}

void Crawler::rules_came(Task& task, const std::string& where, const FetchResult& fetched, Site& site) {
  KnownRules known{site_rules(fetched), Millis(0)};
  known.until = reactor_.now() + (known.rules.outcome == FetchOutcome::ok ? rules_last : no_rules_last);
  site.pace.crawl_delay(known.rules.robots.crawl_delay());
  trim(site);
  task.examination.rules(known.rules);
  robots_octets_ += known.rules.robots.octets();
  robots_[where] = std::move(known);
}

// A longer pause leaves no time for the last ones in the queue.
void Crawler::trim(Site& site) {
  const auto turn = [&] { return site.pace.pause() * static_cast<int>(site.waiting.size()); };
  while (turn() > patience && !site.waiting.back()->begun) {
    Task* const last = site.waiting.back();
    site.waiting.pop_back();
    give_back(*last, turn(), "its site is to be left alone for some time");
  }
}

void Crawler::ask_domain(Task& task) {
  const std::string& domain = task.errand.address.domain();
  task.domain = tools_.exists(domain, domain_within, [this, &task, &domain](const Resolution& answer) {
    const AddressDomain seen = address_domain(domain, answer);
    if (seen != AddressDomain::gone) return finish(task, seen);
    task.domain =
        tools_.exists(std::string(lasting_name), domain_within, [this, &task](const Resolution& other) {
          finish(task, denies_only_what_is_gone(other) ? AddressDomain::gone : AddressDomain::unknown);
        });
  });
}

void Crawler::finish(Task& task, AddressDomain domain) {
  const auto id = task.errand.id;
  Look look = task.examination.look();
  look.domain = domain;
  tasks_.erase(id);
  tools_.done(id, std::move(look));
}

void Crawler::give_back(Task& task, Millis delay, const std::string& why) {
  const auto id = task.errand.id;
  enter(task, nullptr);
  tasks_.erase(id);
  tools_.give_back(id, whole_seconds(delay), why);
}

void Crawler::stop(const std::string& why) {
  stopped_ = why;
  for (const auto& [name, site] : sites_) {
    const auto waiting = std::exchange(site->waiting, {});
    for (Task* task : waiting) give_back(*task, Millis(0), why);
  }
}

// Forgets what has no meaning any more, so that a long life among many sites stays small.
void Crawler::sweep() {
  const Millis now = reactor_.now();
  if (robots_.size() >= many) {
    std::erase_if(robots_, [&](const auto& each) { return each.second.until <= now; });
    if (robots_.size() >= many) robots_.clear();
  }
  if (robots_octets_ > most_robots_octets) {
    robots_.clear();
    robots_octets_ = 0;
  }
  if (sites_.size() >= many)
    std::erase_if(sites_, [&](const auto& each) {
      const Site& site = *each.second;
      return site.tasks == 0 && !site.asked && site.timer == 0 && site.pace.free_at() <= now;
    });
}

}  // namespace portavoz
