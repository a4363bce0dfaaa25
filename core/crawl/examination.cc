#include "core/crawl/examination.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/evidence/contact_links.h"
#include "core/evidence/judge.h"

namespace portavoz {
std::string_view robots_word(RobotsWord word) {
  static constexpr std::array<std::string_view, 5> words{"not_asked", "allowed", "disallowed", "unreachable",
                                                         "overridden"};
  return words.at(static_cast<std::size_t>(word));
}

namespace {

constexpr int most_moves = FetchLimits{}.redirects;  // as many as a fetch follows within a site

bool says(const Finding& finding, ReasonCode code) {
  return std::any_of(finding.reasons.begin(), finding.reasons.end(),
                     [code](const Reason& each) { return each.code == code; });
}

void add(Finding& finding, ReasonCode code, const std::string& detail = {}) {
  finding.reasons.push_back({code, detail, {}, {}});
}

}  // namespace

Examination::Examination(std::string url, std::optional<EarlierPage> earlier, const Options& options)
    : earlier_(std::move(earlier)),
      overridden_(options.robots_overridden),
      may_render_(options.may_render),
      left_(options.total),
      octets_left_(options.octets) {
  look_.fetched.final_url = url;
  begin(std::move(url));
}

void Examination::begin(std::string url) {
  url_ = std::move(url);
  moves_ = 0;
  way_.clear();
  candidate_ = {};
  candidate_.final_url = url_;
  if (overridden_ && first_) look_.robots = RobotsWord::overridden;
  step_ = overridden_ ? Step::fetch : Step::robots;
}

FetchRequest Examination::request() const {
  FetchRequest request{
      .url = url_, .if_none_match = {}, .if_modified_since = {}, .within = left_, .one_site = true};
  if (first_ && earlier_) {
    request.if_none_match = earlier_->etag;
    request.if_modified_since = earlier_->last_modified;
  }
  return request;
}

void Examination::rules(const SiteRules& rules) {
  const auto url = Url::parse(url_);
  if (!url || rules.outcome == FetchOutcome::ok) {
    const bool allowed = !url || rules.robots.allows(url->target());  // no URL: the fetch says so
    if (first_) look_.robots = allowed ? RobotsWord::allowed : RobotsWord::disallowed;
    if (allowed) {
      step_ = Step::fetch;
    } else {
      ended(FetchOutcome::robots_disallowed, {});
    }
    return;
  }
  if (first_) look_.robots = RobotsWord::unreachable;
  ended(rules.outcome, rules.detail);
}

void Examination::fetched(FetchResult result, Millis took) {
  left_ -= std::min(left_, took);
  octets_left_ -= std::min(octets_left_, result.raw_bytes);
  look_.took += took;
  if (!result.elsewhere.empty() && moves_ < most_moves && left_ > Millis(0)) return go_on(std::move(result));
  if (!result.elsewhere.empty())
    result.outcome = left_ > Millis(0) ? FetchOutcome::too_many_redirects : FetchOutcome::timeout;
  result.redirects.insert(result.redirects.begin(), way_.begin(), way_.end());
  candidate_ = std::move(result);
  if (candidate_.outcome == FetchOutcome::not_modified && first_ && earlier_) {
    // The answer's own head stays as evidence; the page is the earlier one.
    candidate_.outcome = FetchOutcome::ok;
    candidate_.body = std::move(earlier_->body);
    candidate_.content_type = earlier_->content_type;
    if (!earlier_->final_url.empty()) candidate_.final_url = earlier_->final_url;
    if (candidate_.etag.empty()) candidate_.etag = earlier_->etag;
    if (candidate_.last_modified.empty()) candidate_.last_modified = earlier_->last_modified;
    unchanged_ = true;
  }
  if (candidate_.outcome == FetchOutcome::ok) {
    step_ = Step::judge;
  } else {
    ended(candidate_.outcome, candidate_.detail);
  }
}

// The page has moved to another site, of whose robots.txt nobody ruled.
void Examination::go_on(FetchResult hop) {
  ++moves_;
  way_.insert(way_.end(), hop.redirects.begin(), hop.redirects.end());
  url_ = std::move(hop.elsewhere);
  candidate_ = {};
  candidate_.final_url = url_;
  step_ = Step::robots;
}

void Examination::judged(Inspection inspection) {
  if (plain_) return judged_in_browser(std::move(inspection));
  if (!wants_browser(inspection)) return take(std::move(inspection));
  may_render_ = false;  // once
  plain_inspection_ = std::move(inspection);
  step_ = Step::render;
}

bool Examination::wants_browser(const Inspection& inspection) const {
  return may_render_ && first_ && left_ > Millis(0) && !inspection.finding.published &&
         says(inspection.finding, ReasonCode::needs_browser);
}

void Examination::rendered(std::optional<Rendered> page, Millis took) {
  left_ -= std::min(left_, took);
  if (!page) return take(std::move(plain_inspection_));
  plain_ = candidate_;
  candidate_.body = page->html;
  candidate_.content_type = "text/html; charset=utf-8";
  look_.rendered = std::move(*page);
  step_ = Step::judge;
}

// What the page loads from elsewhere was not there: where the browser shows nothing, the first word stands.
void Examination::judged_in_browser(Inspection inspection) {
  candidate_ = std::move(*plain_);
  plain_.reset();
  const bool nothing =
      inspection.finding.published == false || says(inspection.finding, ReasonCode::needs_browser);
  if (nothing) inspection.finding = std::move(plain_inspection_.finding);
  add(inspection.finding, nothing ? ReasonCode::rendered_absent : ReasonCode::rendered);
  take(std::move(inspection));
}

void Examination::take(Inspection inspection) {
  const bool found = inspection.finding.published == true;
  if (first_) {
    inspection.links.resize(std::min(inspection.links.size(), most_contact_links));
    links_.assign(inspection.links.rbegin(), inspection.links.rend());
  } else if (!inspection.finding.published && unread_.empty()) {
    unread_ = url_;
  }
  if (first_ || found) {
    if (!first_) look_.found_url = candidate_.final_url;
    look_.inspection = std::move(inspection);
    look_.fetched = std::move(candidate_);
  }
  if (found) return end();
  follow();
}

// This page brought nothing.
void Examination::ended(FetchOutcome outcome, std::string detail) {
  if (first_) {
    candidate_.outcome = outcome;
    candidate_.detail = detail;
    look_.inspection = {outcome, not_read(outcome, detail)};
    look_.fetched = std::move(candidate_);
  } else if (unread_.empty()) {
    unread_ = url_;
  }
  follow();
}

void Examination::follow() {
  first_ = false;
  if (links_.empty()) return end();
  if (left_ <= Millis(0) || octets_left_ == 0) {
    if (unread_.empty()) unread_ = links_.back();
    return end();
  }
  std::string next = std::move(links_.back());
  links_.pop_back();
  begin(std::move(next));
}

void Examination::end() {
  step_ = Step::done;
  Finding& finding = look_.inspection.finding;
  if (finding.published != true && !unread_.empty()) {
    finding.published = finding.official = std::nullopt;
    add(finding, ReasonCode::link_unread, unread_);
  }
  if (!look_.found_url.empty()) {
    add(finding, ReasonCode::behind_link, look_.found_url);
  } else if (unchanged_) {
    add(finding, ReasonCode::unchanged);
  }
  if (look_.robots == RobotsWord::overridden) add(finding, ReasonCode::robots_overridden);
}

}  // namespace portavoz
