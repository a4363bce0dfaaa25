#include "core/evidence/judge.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/lexicon.h"
#include "core/evidence/mailto.h"
#include "core/evidence/mention.h"

namespace portavoz {
namespace {

constexpr std::size_t excerpt_width = 240;
constexpr std::size_t max_sightings = 200;
constexpr std::size_t max_evidence = 20;
constexpr std::size_t barely_any_text = 20;  // octets: what a page shows whose content comes by script

// One place where the address stands, and what that place says.
struct Sighting {
  std::string_view form;
  Place place;
  std::string text;  // the excerpt
  std::string context;
  std::optional<bool> official;
  Reason why;
};

std::string_view region_word(Region region) {
  static constexpr std::array<std::string_view, 7> words{"page",    "header", "navigation", "main part",
                                                         "article", "aside",  "footer"};
  return words.at(static_cast<std::size_t>(region));
}

std::string_view heading_of(const Page& page, const Place& place) {
  return place.heading < page.headings.size() ? std::string_view(page.headings[place.heading])
                                              : std::string_view();
}

std::string where(const Page& page, const Place& place) {
  std::string out(region_word(place.region));
  const auto heading = heading_of(page, place);
  if (!heading.empty()) out += ", under '" + std::string(heading) + "'";
  if (place.hidden) out += ", hidden";
  if (place.visitor) out += ", in visitors' comments";
  if (place.struck) out += ", struck through";
  if (place.quoted) out += ", in a quotation";
  if (place.noscript) out += ", for browsers without scripts";
  return out;
}

// The path of a URL: /contacto says as much as a title.
std::string_view path_of(std::string_view url) {
  const auto host = url.find("//");
  if (host == std::string_view::npos) return {};
  const auto slash = url.find('/', host + 2);
  return slash == std::string_view::npos ? std::string_view()
                                         : url.substr(slash, url.find_first_of("?#", slash) - slash);
}

struct PageFacts {
  bool contact;
  bool imprint;
};

PageFacts facts_of(const Page& page, std::string_view url) {
  const auto path = path_of(url);
  return {says_contact(page.title) || says_contact(path), says_imprint(page.title) || says_imprint(path)};
}

void set(Sighting& s, std::string_view context, std::optional<bool> official, ReasonCode code,
         std::string detail = {}) {
  s.context = context;
  s.official = official;
  s.why = {code, std::move(detail)};
}

// Places that speak against an official contact, or leave it open, whatever stands around them.
bool weigh_doubts(Sighting& s, std::string_view heading) {
  if (s.place.hidden) {
    set(s, "hidden", false, ReasonCode::hidden);
  } else if (s.place.visitor) {
    set(s, "comment_ugc", false, ReasonCode::visitors);
  } else if (s.place.struck) {
    set(s, "struck", false, ReasonCode::struck);
  } else if (s.place.quoted) {
    set(s, "quoted", std::nullopt, ReasonCode::quoted);
  } else if (const auto words = says_former(s.text); !words.empty()) {
    set(s, "former", std::nullopt, ReasonCode::former, std::string(words));
  } else if (says_third_party(heading)) {
    set(s, "third_party", std::nullopt, ReasonCode::third_party, std::string(heading));
  } else {
    return false;
  }
  return true;
}

// The kind of place for contacts that this is; empty when it is none.
std::string_view contact_place(const Sighting& s, std::string_view heading, const PageFacts& facts) {
  if (says_imprint(heading)) return "imprint";
  if (says_contact(heading)) return facts.contact ? "contact_page" : "contact_block";
  if (s.place.region == Region::footer) return "footer";
  if (s.place.region == Region::header) return "header";
  if (facts.contact) return "contact_page";
  if (facts.imprint) return "imprint";
  const bool told_beside = s.place.region != Region::article && says_contact(s.text);
  return told_beside ? "contact_block" : "";
}

void weigh(Sighting& s, const Page& page, const PageFacts& facts) {
  const auto heading = heading_of(page, s.place);
  if (weigh_doubts(s, heading)) return;
  const auto context = contact_place(s, heading, facts);
  if (!context.empty()) {
    set(s, context, true, ReasonCode::contact_place, std::string(context));
  } else {
    set(s, s.place.region == Region::article ? "article_body" : "other", std::nullopt, ReasonCode::mentioned);
  }
}

std::vector<Sighting> sightings_in(const Page& page, const MailAddress& address) {
  std::vector<Sighting> out;
  for (const auto& link : page.links) {
    for (const auto& found : mailto_addresses(link.href)) {
      if (!(found.address == address) || out.size() >= max_sightings) continue;
      const std::string text = tidy_text(link.text);
      out.push_back(
          {found.form, link.place, excerpt_at(text, 0, excerpt_width), {}, {}, {ReasonCode::found_link, {}}});
    }
  }
  for (const auto& block : page.blocks) {
    const std::string text = tidy_text(block.text);
    for (const auto position : mentions(text, address)) {
      if (out.size() >= max_sightings) return out;
      out.push_back({"plain",
                     block.place,
                     excerpt_at(text, position, excerpt_width),
                     {},
                     {},
                     {ReasonCode::found_text, {}}});
    }
  }
  return out;
}

// The best place first: an official one, then an open question among readers' eyes, then the rest.
int rank(const Sighting& s) {
  if (s.official == true) return 0;
  if (s.place.hidden) return 4;
  if (s.place.visitor) return 3;
  return s.place.struck ? 2 : 1;
}

std::optional<bool> official_of(const std::vector<Sighting>& sightings) {
  bool open = false;
  for (const auto& s : sightings) {
    if (s.official == true) return true;
    open = open || !s.official;
  }
  return open ? std::nullopt : std::optional<bool>(false);
}

void add_evidence(Finding& finding, const Page& page, const std::vector<Sighting>& sightings) {
  for (const auto& s : sightings) {
    if (finding.evidence.size() >= max_evidence) return;
    finding.evidence.push_back({std::string(s.form), where(page, s.place), s.text});
  }
}

Finding found(const Page& page, std::vector<Sighting> sightings) {
  Finding finding;
  std::stable_sort(sightings.begin(), sightings.end(),
                   [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const Sighting& best = sightings.front();
  const bool seen =
      std::any_of(sightings.begin(), sightings.end(), [](const auto& s) { return !s.place.hidden; });
  finding.published = seen ? std::optional<bool>(true) : std::nullopt;
  finding.official = official_of(sightings);
  finding.form = best.form;
  finding.context = best.context;
  finding.excerpt = best.text;
  add_evidence(finding, page, sightings);
  finding.reasons.push_back(
      {best.form == "plain" ? ReasonCode::found_text : ReasonCode::found_link, where(page, best.place)});
  finding.reasons.push_back(best.why);
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
std::optional<Reason> doubt_about_absence(const Page& page, const MailAddress& address) {
  for (const auto& block : page.blocks) {
    const std::string text = tidy_text(block.text);
    const auto at = other_spelling(text, address);
    if (at != std::string::npos)
      return Reason{ReasonCode::other_spelling, excerpt_at(text, at, excerpt_width)};
  }
  if (holds_address(page.source, address)) return Reason{ReasonCode::in_source, {}};
  if (page.cloaked > 0) return Reason{ReasonCode::cloaked, std::to_string(page.cloaked)};
  if (page.scripts > 0 && text_for_readers(page) < barely_any_text)
    return Reason{ReasonCode::needs_browser, {}};
  return std::nullopt;
}

Finding not_found(const Page& page, const MailAddress& address) {
  Finding finding;
  if (auto doubt = doubt_about_absence(page, address)) {
    finding.excerpt = doubt->code == ReasonCode::other_spelling ? doubt->detail : "";
    finding.reasons.push_back(std::move(*doubt));
    return finding;
  }
  finding.published = false;
  finding.official = false;
  finding.reasons.push_back({ReasonCode::absent, std::to_string(text_for_readers(page)) + " / " +
                                                     std::to_string(page.links.size())});
  return finding;
}

}  // namespace

Finding judge(const Page& page, const MailAddress& address, std::string_view url) {
  std::vector<Sighting> sightings = sightings_in(page, address);
  if (sightings.empty()) return not_found(page, address);
  const PageFacts facts = facts_of(page, url);
  for (auto& sighting : sightings) weigh(sighting, page, facts);
  return found(page, std::move(sightings));
}

Finding not_read(FetchOutcome outcome, std::string_view detail) {
  Finding finding;
  finding.reasons.push_back({ReasonCode::not_read, std::string(detail), outcome});
  return finding;
}

}  // namespace portavoz
