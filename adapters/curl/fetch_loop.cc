#include "adapters/curl/fetch_loop.h"

#include <algorithm>
#include <cstdlib>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/curl/hop.h"

namespace portavoz {
namespace {

using curl::Hop;
using curl::HopInput;
using curl::HopResult;
using curl::HopRules;
using curl::Step;
using Multi = Owned<CURLM, curl_multi_cleanup>;

// Before the first handle, in one thread. libcurl would write the keys of every TLS session into this file.
void start_libcurl() {
  static const bool started = [] {
    unsetenv("SSLKEYLOGFILE");
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }();
  if (!started) std::abort();
}

HopRules rules_of(ConnectRule rule, FetcherOptions options) {
  std::string agent = "portavoz-verifier/0.1";
  if (!options.about.empty()) agent += " (+" + options.about + ")";
  return {std::move(rule), options.limits, std::move(agent), std::move(options.ca_bundle)};
}

FetchOutcome outcome_of(const Error& url_error) {
  return url_error.kind == ErrorKind::forbidden ? FetchOutcome::blocked_scheme : FetchOutcome::bad_url;
}

HopResult stopped(FetchOutcome outcome, std::string detail) {
  return {{Step::What::stop, outcome, std::move(detail)}, {}, {}, 0, 0, 0, {}, {}, {}};
}

// A whole response: take the encoding off, and see that there is a page.
void unpack(FetchResult& result, const HopResult& hop, const FetchLimits& limits) {
  result.outcome = FetchOutcome::ok;
  if (hop.head.gzip()) {
    auto unpacked = gunzip(hop.body(), limits.body);
    result.outcome = unpacked.outcome;
    result.detail = unpacked.outcome == FetchOutcome::ok ? "" : "in the gzip encoding";
    result.body = std::move(unpacked.octets);
  } else {
    result.body = hop.body();
  }
  if (result.outcome == FetchOutcome::ok && result.body.empty()) result.outcome = FetchOutcome::no_content;
  // Without a Content-Type only octets that look like text are taken for a page.
  const bool binary = result.content_type.empty() && result.body.find('\0') != std::string::npos;
  if (result.outcome == FetchOutcome::ok && binary) {
    result.outcome = FetchOutcome::wrong_type;
    result.detail = "no Content-Type, and octets that are no text";
  }
  if (result.outcome == FetchOutcome::ok && result.body.size() > limits.body)
    result.outcome = FetchOutcome::too_large;
  if (result.outcome != FetchOutcome::ok) result.body.clear();
}

// One page on its way: waiting for its first turn, for its server's name (look_up), or for its server (hop).
struct Page {
  FetchRequest request;
  std::function<void(FetchResult)> done;
  Millis end{0};
  Reactor::Timer timer = 0;  // its first turn, and then its deadline
  FetchResult result;
  std::optional<Url> url;
  int hops = 0;
  std::unique_ptr<LookUp> look_up;
  std::unique_ptr<Hop> hop;
  std::list<Page>::iterator self;
};

}  // namespace

struct FetchLoop::Impl {
  Impl(Reactor& given, ConnectRule rule, AsyncResolve resolver, FetcherOptions options)
      : reactor(given),
        rules(rules_of(std::move(rule), std::move(options))),
        resolve(std::move(resolver)),
        multi(curl_multi_init()) {
    if (!multi) std::abort();
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;
  ~Impl();

  void first_turn(Page& page);
  void out_of_time(Page& page);
  void begin_hop(Page& page);
  void judge_way(Page& page, std::vector<IpAddress> addresses);
  void on_resolved(Page& page, Resolution answer);
  void connect(Page& page, const std::vector<IpAddress>& addresses);
  void end_hop(Page& page, HopResult hop);
  void finish(Page& page);
  void put_back(Page& page) { idle.push_back(std::move(page.hop)); }

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* user, void* known) noexcept;
  static int on_timer(CURLM* multi, long wait_ms, void* user) noexcept;
  void arm(Millis time);
  void on_time();
  void act(curl_socket_t fd, int ready);
  void reap();

  Reactor& reactor;
  const HopRules rules;
  const AsyncResolve resolve;
  Multi multi;
  std::list<Page> pages;
  std::vector<std::unique_ptr<Hop>> idle;
  std::optional<Millis> curl_due;  // when libcurl wants to be called
  Reactor::Timer curl_timer = 0;   // set for curl_timer_at, which may be earlier
  Millis curl_timer_at{0};
};

FetchLoop::Impl::~Impl() {
  for (Page& page : pages) {
    reactor.cancel(page.timer);
    if (page.hop) page.hop->abandon(multi.get());
  }
  pages.clear();
  idle.clear();
  multi.reset();  // forgets its sockets
  reactor.cancel(curl_timer);
}

// ---- what libcurl waits for

int FetchLoop::Impl::on_socket(CURL* easy, curl_socket_t fd, int what, void* user, void* /*known*/) noexcept {
  auto* impl = static_cast<Impl*>(user);
  if (what == CURL_POLL_REMOVE) {
    impl->reactor.forget(fd);
    return 0;
  }
  void* owner = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  if (owner) static_cast<Page*>(owner)->hop->waits_for(fd);
  const bool readable = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
  const bool writable = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
  impl->reactor.watch(fd, {readable, writable}, [impl, fd](Reactor::Ready ready) {
    impl->act(fd, (ready.readable ? CURL_CSELECT_IN : 0) | (ready.writable ? CURL_CSELECT_OUT : 0));
  });
  return 0;
}

// libcurl changes its mind at every step of every transfer. A timer that comes too early is cheaper than one
// set anew each time.
int FetchLoop::Impl::on_timer(CURLM* /*multi*/, long wait_ms, void* user) noexcept {
  auto* impl = static_cast<Impl*>(user);
  if (wait_ms < 0) {
    impl->curl_due.reset();
  } else {
    impl->curl_due = impl->reactor.now() + Millis(wait_ms);
    if (impl->curl_timer == 0 || *impl->curl_due < impl->curl_timer_at) impl->arm(*impl->curl_due);
  }
  return 0;
}

void FetchLoop::Impl::arm(Millis time) {
  reactor.cancel(curl_timer);
  curl_timer_at = time;
  curl_timer = reactor.at(time, [this] { on_time(); });
}

void FetchLoop::Impl::on_time() {
  curl_timer = 0;
  if (!curl_due) return;
  if (*curl_due > reactor.now()) return arm(*curl_due);
  curl_due.reset();
  act(CURL_SOCKET_TIMEOUT, 0);
}

void FetchLoop::Impl::act(curl_socket_t fd, int ready) {
  int running = 0;
  curl_multi_socket_action(multi.get(), fd, ready, &running);
  reap();
}

void FetchLoop::Impl::reap() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* owner = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    auto& page = *static_cast<Page*>(owner);
    HopResult hop = page.hop->end(multi.get(), message->data.result);
    put_back(page);
    end_hop(page, std::move(hop));
  }
}

// ---- the way of a page

void FetchLoop::Impl::first_turn(Page& page) {
  page.timer = reactor.at(page.end, [this, &page] { out_of_time(page); });
  auto url = Url::parse(page.request.url);
  if (!url) {
    page.result.outcome = outcome_of(url.error());
    page.result.detail = url.error().what;
    return finish(page);
  }
  page.url = std::move(*url);
  begin_hop(page);
}

void FetchLoop::Impl::out_of_time(Page& page) {
  if (page.hop) {
    HopResult hop = page.hop->out_of_time(multi.get());
    put_back(page);
    return end_hop(page, std::move(hop));
  }
  page.look_up.reset();
  end_hop(page,
          stopped(FetchOutcome::dns_timeout, page.url->host() + ": no answer within the time for a page"));
}

void FetchLoop::Impl::begin_hop(Page& page) {
  const Url& url = *page.url;
  page.result.final_url = url.text();
  if (!rules.connect.port_possible(url.port()))
    return end_hop(page, stopped(FetchOutcome::blocked_port, "port " + std::to_string(url.port())));
  if (url.literal()) return judge_way(page, {*url.literal()});
  const Millis left = std::max(page.end - reactor.now(), Millis(0));
  page.look_up = resolve(url.host(), std::min(left, rules.limits.dns),
                         [this, &page](Resolution answer) { on_resolved(page, std::move(answer)); });
}

void FetchLoop::Impl::on_resolved(Page& page, Resolution answer) {
  page.look_up.reset();
  if (answer.answer == Resolution::Answer::found) return judge_way(page, std::move(answer.addresses));
  const bool late = answer.answer == Resolution::Answer::timed_out;
  end_hop(page, stopped(late ? FetchOutcome::dns_timeout : FetchOutcome::dns_failed,
                        page.url->host() + ": " + answer.why));
}

void FetchLoop::Impl::judge_way(Page& page, std::vector<IpAddress> addresses) {
  const std::uint16_t port = page.url->port();
  for (const auto& address : addresses) {
    const FetchOutcome outcome = rules.connect.judge({address, port});
    if (outcome != FetchOutcome::ok)
      return end_hop(page, stopped(outcome, address.text() + " port " + std::to_string(port)));
  }
  if (page.url->literal()) addresses.clear();  // nothing to pin
  connect(page, addresses);
}

void FetchLoop::Impl::connect(Page& page, const std::vector<IpAddress>& addresses) {
  const Millis left = page.end - reactor.now();
  if (left <= Millis::zero())
    return end_hop(page, stopped(FetchOutcome::timeout, "no time was left to connect"));
  if (idle.empty()) {
    page.hop = std::make_unique<Hop>(rules);
  } else {
    page.hop = std::move(idle.back());
    idle.pop_back();
  }
  page.hop->begin(multi.get(), HopInput{*page.url, addresses, page.request, left, page.result.raw_bytes},
                  &page);
}

void FetchLoop::Impl::end_hop(Page& page, HopResult hop) {
  FetchResult& result = page.result;
  result.raw_bytes += hop.raw_bytes;
  result.http_status = hop.head.status();
  result.content_type = hop.head.content_type();
  result.retry_after = hop.head.retry_after();
  result.etag = hop.head.etag();
  result.last_modified = hop.head.last_modified();
  result.server = hop.server;
  const bool whole = hop.step.what == Step::What::read_body;
  result.whole = whole || hop.step.outcome == FetchOutcome::not_modified;  // RFC 9112 §6.3: a 304 has no body
  if (whole) unpack(result, hop, rules.limits);
  result.request_octets = std::move(hop.request_octets);
  result.response_octets = std::move(hop.response_octets);
  if (whole) return finish(page);
  result.outcome = hop.step.outcome;
  result.detail = hop.step.detail;
  if (hop.step.what == Step::What::stop) return finish(page);
  if (page.hops++ >= rules.limits.redirects) {
    result.outcome = FetchOutcome::too_many_redirects;
    result.detail = "more than " + std::to_string(rules.limits.redirects) + " redirects";
    return finish(page);
  }
  result.redirects.push_back(page.url->text());
  auto next = page.url->join(hop.head.location());
  if (!next) {
    result.outcome = outcome_of(next.error());
    result.detail = next.error().what;
    return finish(page);
  }
  if (page.request.one_site && paced_name(next->host()) != paced_name(page.url->host())) {
    result.outcome = FetchOutcome::http_error;
    result.elsewhere = next->text();
    return finish(page);
  }
  page.url = std::move(*next);
  begin_hop(page);
}

// The page is gone before its owner hears of it.
void FetchLoop::Impl::finish(Page& page) {
  reactor.cancel(page.timer);
  const auto done = std::move(page.done);
  FetchResult result = std::move(page.result);
  pages.erase(page.self);
  done(std::move(result));
}

FetchLoop::FetchLoop(Reactor& reactor, ConnectRule rule, AsyncResolve resolve, FetcherOptions options) {
  start_libcurl();
  impl_ = std::make_unique<Impl>(reactor, std::move(rule), std::move(resolve), std::move(options));
}

FetchLoop::~FetchLoop() = default;

void FetchLoop::start(FetchRequest request, std::function<void(FetchResult)> done) {
  Impl* impl = impl_.get();
  Page& page = impl->pages.emplace_front();
  page.self = impl->pages.begin();
  page.result.final_url = request.url;
  const Millis now = impl->reactor.now();
  page.end = now + std::min(impl->rules.limits.total, request.within);
  page.request = std::move(request);
  page.done = std::move(done);
  page.timer = impl->reactor.at(now, [impl, &page] { impl->first_turn(page); });
}

}  // namespace portavoz
