#include "verifier/crawl_thread.h"

#include <mutex>
#include <thread>
#include <utility>

#include "adapters/ares/resolver.h"
#include "adapters/curl/fetch_loop.h"
#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "adapters/os/log.h"
#include "adapters/renderer/client.h"

namespace portavoz {
namespace {

struct Inbox {
  std::vector<Errand> errands;
  std::optional<std::vector<SiteRule>> rules;
  std::vector<std::pair<std::string, std::optional<Millis>>> turns;
  bool stop = false;
  bool end = false;
};

using RenderedPage = std::function<void(std::optional<Rendered>, Millis took)>;

}  // namespace

struct CrawlThread::Impl {
  Impl(const Settings::Verifier& settings, JudgeOptions judging, std::function<void(CrawlResult)> out)
      : results(std::move(out)),
        judge(loop, std::move(judging)),
        renderer(loop, settings.renderer),
        crawler(loop, tools(!settings.renderer.empty()),
                {.pause = settings.pause, .total = limits.total, .octets = limits.wire}) {}

  CrawlTools tools(bool rendering) {
    CrawlTools made{
        .fetch =
            [this](FetchRequest request, std::function<void(FetchResult)> fetched) {
              pages->start(std::move(request), std::move(fetched));
            },
        .judge = [this](const FetchResult& page, const MailAddress& address,
                        JudgeProcess::Judged judged) { judge.ask(page, address, std::move(judged)); },
        .exists = [this](const std::string& name, Millis deadline, std::function<void(Resolution)> done)
            -> std::unique_ptr<LookUp> { return resolver->existence()(name, deadline, std::move(done)); },
        .done =
            [this](std::uint64_t id, Look look) {
              results(Looked{id, std::move(look)});
            },
        .give_back =
            [this](std::uint64_t id, Seconds delay, std::string why) {
              results(GivenBack{id, delay, std::move(why)});
            },
        .seen = [this](SiteSeen seen) { results(std::move(seen)); },
        .ask_turn = [this](const std::string& site) { results(TurnWanted{site}); },
        .left =
            [this](const std::string& site, Millis wait) {
              results(SiteLeft{site, wait});
            },
    };
    if (rendering)
      made.render = [this](const FetchResult& page, Millis within, RenderedPage rendered) {
        render(page, within, std::move(rendered));
      };
    return made;
  }

  // A renderer that cannot do it leaves the page as one that needs a browser.
  void render(const FetchResult& page, Millis within, RenderedPage rendered) {
    renderer.start(
        {within, page.final_url, page.content_type, page.body},
        [url = page.final_url, rendered = std::move(rendered)](Result<Rendered> shown, Millis took) {
          if (!shown) log_warning(url + ": not rendered: " + shown.error().what);
          rendered(shown ? std::optional(std::move(*shown)) : std::nullopt, took);
        });
  }

  // True when the thread is to end.
  bool read_inbox() {
    Inbox came;
    {
      const std::lock_guard lock(mutex);
      came = std::exchange(inbox, {});
      inbox.end = came.end;
    }
    if (came.end) return true;
    if (came.rules) {
      crawler.forget_rulings();
      for (const SiteRule& rule : *came.rules) crawler.rule(rule.host, rule.robots_overridden, rule.wait);
    }
    crawler.take(std::move(came.errands));
    for (const auto& [site, until] : came.turns) crawler.turn(site, until);
    if (came.stop) crawler.stop("the verifier was stopped");
    return false;
  }

  template <typename Put>
  void put(Put into) {
    {
      const std::lock_guard lock(mutex);
      into(inbox);
    }
    loop.wake();
  }

  FetchLimits limits;
  std::function<void(CrawlResult)> results;
  EpollReactor loop{monotonic};
  std::optional<Resolver> resolver;
  std::optional<FetchLoop> pages;
  JudgeProcess judge;
  RenderClient renderer;
  Crawler crawler;
  std::mutex mutex;  // guards inbox
  Inbox inbox;
  std::thread thread;  // last: everything above is there when it runs
};

CrawlThread::CrawlThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<CrawlThread>> CrawlThread::start(const Settings::Verifier& settings,
                                                        JudgeOptions judging,
                                                        std::function<void(CrawlResult)> results) {
  auto rule = ConnectRule::read(settings.allow);
  if (!rule) return rule.error();
  auto impl = std::make_unique<Impl>(settings, std::move(judging), std::move(results));
  auto resolver = Resolver::create(impl->loop, settings.resolvers);
  if (!resolver) return resolver.error();
  impl->resolver.emplace(std::move(*resolver));
  impl->pages.emplace(impl->loop, std::move(*rule), impl->resolver->function(),
                      FetcherOptions{.limits = impl->limits, .about = settings.about});
  impl->thread =
      std::thread([inner = impl.get()] { inner->loop.run_until([inner] { return inner->read_inbox(); }); });
  return std::unique_ptr<CrawlThread>(new CrawlThread(std::move(impl)));
}

CrawlThread::~CrawlThread() {
  impl_->put([](Inbox& inbox) { inbox.end = true; });
  impl_->thread.join();
}

void CrawlThread::give(std::vector<Errand> errands, std::vector<SiteRule> rules) {
  impl_->put([&](Inbox& inbox) {
    std::move(errands.begin(), errands.end(), std::back_inserter(inbox.errands));
    inbox.rules = std::move(rules);
  });
}

void CrawlThread::turn(std::string site, std::optional<Millis> until) {
  impl_->put([&](Inbox& inbox) { inbox.turns.emplace_back(std::move(site), until); });
}

void CrawlThread::stop() {
  impl_->put([](Inbox& inbox) { inbox.stop = true; });
}

}  // namespace portavoz
