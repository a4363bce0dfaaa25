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

Examination::Examination(std::string url, std::optional<EarlierPage> earlier, bool robots_overridden,
                         Millis total, std::size_t octets)
    : earlier_(std::move(earlier)), overridden_(robots_overridden), left_(total), octets_left_(octets) {
  look_.fetched.final_url = url;
  begin(std::move(url));
}

void Examination::begin(std::string url) {
  url_ = std::move(url);
  candidate_ = {};
  candidate_.final_url = url_;
  if (overridden_ && first_) look_.robots = RobotsWord::overridden;
  step_ = overridden_ ? Step::fetch : Step::robots;
}

FetchRequest Examination::request() const {
  FetchRequest request{.url = url_, .if_none_match = {}, .if_modified_since = {}, .within = left_};
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

void Examination::judged(Inspection inspection) {
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
  const auto add = [&](ReasonCode code, const std::string& detail) {
    finding.reasons.push_back({code, detail, {}, {}});
  };
  if (finding.published != true && !unread_.empty()) {
    finding.published = finding.official = std::nullopt;
    add(ReasonCode::link_unread, unread_);
  }
  if (!look_.found_url.empty()) {
    add(ReasonCode::behind_link, look_.found_url);
  } else if (unchanged_) {
    add(ReasonCode::unchanged, {});
  }
  if (look_.robots == RobotsWord::overridden) add(ReasonCode::robots_overridden, {});
}

}  // namespace portavoz
