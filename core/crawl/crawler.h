// Crawler: many examinations at a time in one Reactor, polite towards every site: one request at a time to
// each, with its Pace between two; robots.txt is read once for a scheme, host and port and kept for a day. It
// fetches, judges and renders through the functions that it is given, and decides nothing about what was
// found. Before an errand is done, the DNS is asked whether the domain of its address exists, whatever the
// page said. An errand whose site would keep it waiting for long is given back. Where other crawlers are
// about, a site is asked for something only while its turn is ours: it comes with the errand or is asked for,
// and ends when no errand is at the site any more. An errand is at one site at a time, so none waits for a
// turn while it keeps another one's. Units: milliseconds of the reactor. Errors: none; every errand ends in
// `done` or `give_back`, once, unless the crawler is gone before. Threads: that of the reactor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/crawl/examination.h"
#include "core/crawl/pace.h"
#include "core/mail/address.h"
#include "core/net/reactor.h"

namespace portavoz {

// One page to look at, for one address.
struct Errand {
  std::uint64_t id = 0;  // of the caller's choice, no two at a time alike
  std::string url;
  MailAddress address;
  std::optional<EarlierPage> earlier;
  Millis turn_until{0};  // until then the turn of the URL's site is ours; zero: it is to be asked for
};

// One request that ended, for the register's memory of sites.
struct SiteSeen {
  std::string host;
  Millis took{0};
  FetchOutcome outcome = FetchOutcome::ok;
  bool failed = false;
  std::optional<Seconds> wait;  // what the site asked for
};

// What a crawler acts through. Each is called in the reactor's thread; `fetched`, `judged` and `rendered`
// are called once each, not after the crawler is gone, and never inside of fetch() and render(). The page and
// the address that are judged live until then. An error says that nobody could judge: the errand is given
// back.
struct CrawlTools {
  std::function<void(FetchRequest, std::function<void(FetchResult)> fetched)> fetch;
  std::function<void(const FetchResult&, const MailAddress&, std::function<void(Result<Inspection>)> judged)>
      judge;
  // Shows the page to a browser, within that time. `rendered`: nothing when it could not be done; the time
  // that it took. Left empty, no page is rendered.
  std::function<void(const FetchResult&, Millis within,
                     std::function<void(std::optional<Rendered>, Millis took)> rendered)>
      render = nullptr;
  AsyncResolve exists;  // of no interest: the addresses
  std::function<void(std::uint64_t id, Look)> done;
  std::function<void(std::uint64_t id, Seconds delay, std::string why)> give_back;
  std::function<void(SiteSeen)> seen;
  // Asks for the turn of a site (a paced name); turn() answers, not inside of this call. Left empty, there is
  // nobody else, and every site's turn is ours.
  std::function<void(const std::string& site)> ask_turn = nullptr;
  // The turn is over, and nobody is to come to the site before `wait` is over, too. With ask_turn.
  std::function<void(const std::string& site, Millis wait)> left = nullptr;
};

class Crawler {
 public:
  struct Options {
    Millis pause{2'000};  // between two requests to a site
    Millis total{20'000};
    std::size_t octets = std::size_t{2} << 20U;
  };

  // The reactor must outlive it.
  Crawler(Reactor& reactor, CrawlTools tools, const Options& options)
      : reactor_(reactor), tools_(std::move(tools)), options_(options) {}
  Crawler(const Crawler&) = delete;
  Crawler& operator=(const Crawler&) = delete;
  Crawler(Crawler&&) = delete;
  Crawler& operator=(Crawler&&) = delete;
  ~Crawler();

  // What is known of a host from elsewhere: an admin's ruling, and until when it asked to be left alone.
  // Holds until it is told otherwise.
  void rule(const std::string& host, bool robots_overridden, Millis wait);
  void forget_rulings() { overridden_.clear(); }

  // Not from inside of one of the tools.
  void take(std::vector<Errand> errands);
  // The answer to ask_turn: until when it is ours. Nothing: not now, and what waits for it is given back.
  void turn(const std::string& site, std::optional<Millis> until);
  // Stops beginning requests, and gives back what waits for its turn. What is under way may still end.
  void stop(const std::string& why);

 private:
  struct Site;
  struct Task {
    Errand errand;
    Examination examination;
    Site* site = nullptr;  // where it is
    bool begun = false;    // a request was made: it goes before those that only wait
    std::unique_ptr<LookUp> domain = {};
  };
  struct Site {
    Site(std::string its_name, bool by_turns, Millis pause)
        : name(std::move(its_name)), needs_turn(by_turns), pace(pause) {}
    std::string name;
    bool needs_turn;
    Pace pace;
    std::deque<Task*> waiting;
    std::size_t tasks = 0;  // that are here: waiting, being answered, or judged
    Reactor::Timer timer = 0;
    Millis turn_until{0};  // zero: it is not ours
    bool asked = false;    // for its turn
  };
  struct KnownRules {
    SiteRules rules;
    Millis until{0};
  };

  void advance(Task& task);
  void queue(Task& task);
  void pump(Site& site);
  void send(Site& site, Task& task);
  void rules_came(Task& task, const std::string& where, const FetchResult& fetched, Site& site);
  void trim(Site& site);
  bool ask_memory(Task& task);
  void ask_domain(Task& task);
  void finish(Task& task, AddressDomain domain);
  void give_back(Task& task, Millis delay, const std::string& why);
  void sweep();
  Site& site_for(const std::string& url);
  void enter(Task& task, Site* site);
  void leave(Site& site);
  [[nodiscard]] bool ours(const Site& site) const;

  Reactor& reactor_;
  CrawlTools tools_;
  Options options_;
  std::optional<std::string> stopped_;  // why
  std::unordered_map<std::uint64_t, std::unique_ptr<Task>> tasks_;
  std::unordered_map<std::string, std::unique_ptr<Site>> sites_;
  std::unordered_map<std::string, KnownRules> robots_;  // by the URL of robots.txt
  std::size_t robots_octets_ = 0;                       // of these and of those in whose place they came
  std::unordered_set<std::string> overridden_;          // hosts
};

// The host of a URL, and the text itself when it is none.
[[nodiscard]] std::string host_of(const std::string& url);

}  // namespace portavoz
