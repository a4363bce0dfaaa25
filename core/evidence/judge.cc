#include "core/evidence/judge.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/context.h"
#include "core/evidence/house_address.h"
#include "core/evidence/mailto.h"
#include "core/evidence/mention.h"
#include "core/evidence/sightings.h"
#include "core/net/site.h"
#include "core/net/url.h"

namespace portavoz {
namespace {

constexpr std::size_t excerpt_width = 240;
constexpr std::size_t max_evidence = 20;
constexpr std::size_t barely_any_text = 20;  // octets: what a page shows whose content comes by script

constexpr std::size_t most_others = 5;

Where where(const Page& page, const Place& place) { return {place, std::string(heading_of(page, place))}; }

// The best place first: an official one, then an open question among readers' eyes, then the rest.
int rank(const Weighed& w) {
  if (w.official == true) return 0;
  if (w.sighting.place.hidden) return 5;
  if (w.sighting.place.visitor) return 4;
  if (w.sighting.machine) return 3;
  return w.sighting.place.struck ? 2 : 1;
}

std::optional<bool> official_of(const std::vector<Weighed>& all) {
  bool open = false;
  for (const auto& w : all) {
    if (w.official == true) return true;
    open = open || !w.official;
  }
  return open ? std::nullopt : std::optional<bool>(false);
}

void add_evidence(Finding& finding, const Page& page, const std::vector<Weighed>& all) {
  for (const auto& [s, context, official, why] : all) {
    if (finding.evidence.size() >= max_evidence) return;
    finding.evidence.push_back(
        {std::string(s.form), where_text(where(page, s.place), ReasonLanguage::english), s.text});
  }
}

// The other addresses that the page's links write to, as far as readers see them.
std::vector<std::string> others(const Page& page, const MailAddress& address) {
  std::vector<std::string> out;
  for (const auto& link : page.links) {
    if (link.place.hidden || link.place.visitor) continue;
    for (const auto& found : mailto_addresses(link.href)) {
      const std::string text = found.address.text();
      if (!(found.address == address) && std::find(out.begin(), out.end(), text) == out.end())
        out.push_back(text);
      if (out.size() == most_others) return out;
    }
  }
  return out;
}

// The address in a link's words, when it is another one than the link writes to.
std::string other_words(const Sighting& s, const MailAddress& address) {
  if (!s.link) return {};
  const auto shown = first_mention(s.text);
  return shown && !(*shown == address) ? shown->text() : "";
}

void add_site(Finding& finding, const MailAddress& address, std::string_view url) {
  const auto parsed = Url::parse(url);
  if (!parsed) return;
  const Site site = site_of(parsed->host());
  const bool own = site_of(address.domain()).domain == site.domain;
  finding.reasons.push_back({own ? ReasonCode::own_domain : ReasonCode::other_domain, site.domain, {}, {}});
  if (site.shared) finding.reasons.push_back({ReasonCode::shared_host, site.domain, {}, {}});
}

void add_others(Finding& finding, const Page& page, const MailAddress& address) {
  if (const auto found = others(page, address); !found.empty())
    finding.reasons.push_back({ReasonCode::others, join(found, ", "), {}, {}});
}

Finding found(const Page& page, const MailAddress& address, std::string_view url, std::vector<Weighed> all) {
  Finding finding;
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const Weighed& best = all.front();
  const Sighting& sighting = best.sighting;
  const bool seen =
      std::any_of(all.begin(), all.end(), [](const auto& w) { return !w.sighting.place.hidden; });
  finding.published = seen ? std::optional<bool>(true) : std::nullopt;
  finding.official = official_of(all);
  finding.form = sighting.form;
  finding.context = best.context;
  finding.excerpt = sighting.text;
  add_evidence(finding, page, all);
  finding.reasons.push_back(
      {sighting.link ? ReasonCode::found_link : ReasonCode::found_text, {}, {}, where(page, sighting.place)});
  if (was_decoded(sighting.form))
    finding.reasons.push_back({ReasonCode::decoded, std::string(sighting.form), {}, {}});
  finding.reasons.push_back(best.why);
  if (auto other = other_words(sighting, address); !other.empty())
    finding.reasons.push_back({ReasonCode::link_differs, std::move(other), {}, {}});
  add_site(finding, address, url);
  add_others(finding, page, address);
  return finding;
}

std::size_t text_for_readers(const Page& page) {
  std::size_t octets = 0;
  for (const auto& block : page.blocks) {
    if (!block.place.hidden && !block.place.noscript) octets += block.text.size();
  }
  return octets;
}

// Why "it does not stand there" would be too much to say; nothing when the page was read and shows no trace
// of it.
std::optional<Reason> doubt_about_absence(const Page& page, const MailAddress& address,
                                          const Sightings& seen) {
  if (!seen.unsure.empty()) return Reason{ReasonCode::other_spelling, seen.unsure, {}, {}};
  for (const auto& block : page.blocks) {
    const std::string text = tidy_text(block.text);
    const auto at = other_spelling(text, address);
    if (at != std::string::npos)
      return Reason{ReasonCode::other_spelling, excerpt_at(text, at, excerpt_width), {}, {}};
  }
  if (holds_address(page.source, address)) return Reason{ReasonCode::in_source, {}, {}, {}};
  if (seen.unread > 0) return Reason{ReasonCode::cloaked, std::to_string(seen.unread), {}, {}};
  if (!page.address_picture.empty()) return Reason{ReasonCode::picture, page.address_picture, {}, {}};
  if (page.scripts > 0 && text_for_readers(page) < barely_any_text)
    return Reason{ReasonCode::needs_browser, {}, {}, {}};
  return std::nullopt;
}

// Another domain's address on a page that shows the house's own: it may be the town hall's, or that of
// whoever made the site.
void doubt_strangers(std::vector<Weighed>& all, const Page& page, const HouseNames& names,
                     const MailAddress& address, const Lexicon& lexicon) {
  const auto official = [](const Weighed& weighed) { return weighed.official == true; };
  const auto doubt = [&](Weighed& weighed, ReasonCode code, const std::string& other) {
    if (!official(weighed)) return;
    weighed.official = std::nullopt;
    weighed.why = {code, other, {}, {}};
  };
  if (std::none_of(all.begin(), all.end(), official)) return;
  if (const std::string own = house_address(page, names, address, lexicon); !own.empty()) {
    for (Weighed& weighed : all) doubt(weighed, ReasonCode::another_house, own);
    return;
  }
  const auto domains = shown_domains(page, names);
  for (Weighed& weighed : all) {
    // The site's own head and foot are about the site.
    if (weighed.context == "footer" || weighed.context == "header") continue;
    const std::string other = address_before(domains, address, weighed.sighting.position);
    if (!other.empty()) doubt(weighed, ReasonCode::later_house, other);
  }
}

Finding not_found(const Page& page, const MailAddress& address, const Sightings& seen) {
  Finding finding;
  if (auto doubt = doubt_about_absence(page, address, seen)) {
    finding.excerpt = doubt->code == ReasonCode::other_spelling ? doubt->detail : "";
    finding.reasons.push_back(std::move(*doubt));
    add_others(finding, page, address);
    return finding;
  }
  finding.published = false;
  finding.official = false;
  finding.reasons.push_back(
      {ReasonCode::absent,
       std::to_string(text_for_readers(page)) + " / " + std::to_string(page.links.size()),
       {},
       {}});
  add_others(finding, page, address);
  return finding;
}

}  // namespace

Finding judge(const Page& page, const MailAddress& address, std::string_view url, const Lexicon& lexicon) {
  Sightings seen = sightings(page, address, lexicon);
  if (seen.found.empty()) return not_found(page, address, seen);
  const auto parsed = Url::parse(url);
  const HouseNames names(parsed ? parsed->host() : "", page.title);
  const PageFacts facts = facts_of(page, url, address, names, lexicon);
  std::vector<Weighed> all;
  for (Sighting& sighting : seen.found) all.push_back(weigh(std::move(sighting), page, facts, lexicon));
  if (facts.house == House::foreign) doubt_strangers(all, page, names, address, lexicon);
  return found(page, address, url, std::move(all));
}

Finding not_judged(std::string_view how) {
  Finding finding;
  finding.reasons.push_back({ReasonCode::not_judged, std::string(how), {}, {}});
  return finding;
}

Finding not_read(FetchOutcome outcome, std::string_view detail) {
  Finding finding;
  finding.reasons.push_back({ReasonCode::not_read, std::string(detail), outcome, {}});
  return finding;
}

}  // namespace portavoz
