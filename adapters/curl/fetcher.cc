#include "adapters/curl/fetcher.h"

#include <cstdlib>
#include <utility>

#include "adapters/curl/hop.h"

namespace portavoz {
namespace {

using curl::HopInput;
using curl::HopResult;
using curl::Step;

// Before the first handle, in one thread. libcurl would write the keys of every TLS session into this file.
void start_libcurl() {
  static const bool started = [] {
    unsetenv("SSLKEYLOGFILE");
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }();
  if (!started) std::abort();
}

FetchOutcome outcome_of(const Error& url_error) {
  return url_error.kind == ErrorKind::forbidden ? FetchOutcome::blocked_scheme : FetchOutcome::bad_url;
}

}  // namespace

struct Fetcher::Impl {
  ConnectRule rule;
  Resolve resolve;
  MonotonicClock clock;
  FetcherOptions options;
  std::string user_agent;
  curl::Handle handle;

  // FetchOutcome::ok and the addresses to pin, or why there is none.
  struct Way {
    FetchOutcome outcome = FetchOutcome::ok;
    std::string detail;
    std::vector<IpAddress> addresses;
  };
  [[nodiscard]] Way way_to(const Url& url, Millis left) const;
  [[nodiscard]] Way judged(std::vector<IpAddress> addresses, std::uint16_t port) const;
  [[nodiscard]] HopResult hop(const Url& url, Millis left, std::size_t wire_spent);
  void finish(FetchResult& result, HopResult hop) const;
};

Fetcher::Impl::Way Fetcher::Impl::judged(std::vector<IpAddress> addresses, std::uint16_t port) const {
  for (const auto& address : addresses) {
    const FetchOutcome outcome = rule.judge({address, port});
    if (outcome != FetchOutcome::ok) return {outcome, address.text() + " port " + std::to_string(port), {}};
  }
  return {FetchOutcome::ok, {}, std::move(addresses)};
}

Fetcher::Impl::Way Fetcher::Impl::way_to(const Url& url, Millis left) const {
  if (!rule.port_possible(url.port()))
    return {FetchOutcome::blocked_port, "port " + std::to_string(url.port()), {}};
  if (url.literal()) {
    Way way = judged({*url.literal()}, url.port());
    way.addresses.clear();  // nothing to pin
    return way;
  }
  Resolution answer = resolve(url.host(), std::min(left, options.limits.dns));
  switch (answer.answer) {
    case Resolution::Answer::found: return judged(std::move(answer.addresses), url.port());
    case Resolution::Answer::timed_out:
      return {FetchOutcome::dns_timeout, url.host() + ": " + answer.why, {}};
    default: return {FetchOutcome::dns_failed, url.host() + ": " + answer.why, {}};
  }
}

HopResult Fetcher::Impl::hop(const Url& url, Millis left, std::size_t wire_spent) {
  const Millis end = clock() + left;
  const Way way = way_to(url, left);
  if (way.outcome != FetchOutcome::ok) return {{Step::What::stop, way.outcome, way.detail}, {}, {}, 0};
  const Millis rest = end - clock();
  if (rest <= Millis::zero())
    return {{Step::What::stop, FetchOutcome::timeout, "no time was left to connect"}, {}, {}, 0};
  return run_hop(handle, HopInput{url, way.addresses, rule, options.limits, rest, wire_spent, user_agent,
                                  options.ca_bundle});
}

// A whole response: take the encoding off, and see that there is a page.
void Fetcher::Impl::finish(FetchResult& result, HopResult hop) const {
  result.outcome = FetchOutcome::ok;
  result.body = std::move(hop.body);
  if (hop.head.gzip()) {
    auto unpacked = gunzip(result.body, options.limits.body);
    result.outcome = unpacked.outcome;
    result.detail = unpacked.outcome == FetchOutcome::ok ? "" : "in the gzip encoding";
    result.body = std::move(unpacked.octets);
  }
  if (result.outcome == FetchOutcome::ok && result.body.empty()) result.outcome = FetchOutcome::no_content;
  // Without a Content-Type only octets that look like text are taken for a page.
  const bool binary = result.content_type.empty() && result.body.find('\0') != std::string::npos;
  if (result.outcome == FetchOutcome::ok && binary) {
    result.outcome = FetchOutcome::wrong_type;
    result.detail = "no Content-Type, and octets that are no text";
  }
  if (result.outcome == FetchOutcome::ok && result.body.size() > options.limits.body)
    result.outcome = FetchOutcome::too_large;
  if (result.outcome != FetchOutcome::ok) result.body.clear();
}

Fetcher::Fetcher(ConnectRule rule, Resolve resolve, MonotonicClock clock, FetcherOptions options) {
  start_libcurl();
  std::string agent = "portavoz-verifier/0.1";
  if (!options.about.empty()) agent += " (+" + options.about + ")";
  impl_ = std::make_unique<Impl>(
      Impl{std::move(rule), std::move(resolve), clock, std::move(options), std::move(agent), {}});
  if (!impl_->handle.easy) std::abort();
}

Fetcher::Fetcher(Fetcher&&) noexcept = default;
Fetcher& Fetcher::operator=(Fetcher&&) noexcept = default;
Fetcher::~Fetcher() = default;

FetchResult Fetcher::fetch(std::string_view text) {
  const FetchLimits& limits = impl_->options.limits;
  const Millis end = impl_->clock() + limits.total;
  FetchResult result;
  result.final_url = std::string(text);
  auto url = Url::parse(text);
  for (int hops = 0;; ++hops) {
    if (!url) {
      result.outcome = outcome_of(url.error());
      result.detail = url.error().what;
      return result;
    }
    result.final_url = url->text();
    HopResult hop = impl_->hop(*url, end - impl_->clock(), result.raw_bytes);
    result.raw_bytes += hop.raw_bytes;
    result.http_status = hop.head.status();
    result.content_type = hop.head.content_type();
    result.retry_after = hop.head.retry_after();
    if (hop.step.what == Step::What::read_body) {
      impl_->finish(result, std::move(hop));
      return result;
    }
    result.outcome = hop.step.outcome;
    result.detail = hop.step.detail;
    if (hop.step.what == Step::What::stop) return result;
    if (hops >= limits.redirects) {
      result.outcome = FetchOutcome::too_many_redirects;
      result.detail = "more than " + std::to_string(limits.redirects) + " redirects";
      return result;
    }
    result.redirects.push_back(url->text());
    url = url->join(hop.head.location());
  }
}

}  // namespace portavoz
