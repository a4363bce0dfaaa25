#include "core/evidence/context.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/decode.h"

namespace portavoz {
namespace {

constexpr std::size_t first_headings = 3;  // that say what the page is about
constexpr std::size_t short_heading = 60;  // octets: a longer one is a headline
constexpr std::size_t label_before = 60;   // octets before an address where its label stands

// The path of a URL with its signs as blanks: /about-us/kontakt.html
std::string words_of_path(std::string_view url) {
  const auto host = url.find("//");
  if (host == std::string_view::npos) return {};
  const auto slash = url.find('/', host + 2);
  if (slash == std::string_view::npos) return {};
  std::string path = percent_decoded(url.substr(slash, url.find_first_of("?#", slash) - slash));
  if (!is_utf8(path)) return {};
  for (char& c : path)
    if (std::string_view("/-_.+").find(c) != std::string_view::npos) c = ' ';
  return path;
}

bool is_one_of(std::string_view word, const auto& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// schema.org's names for somebody who is no person; any `…Organization` is one as well.
bool is_organisation(std::string_view type) {
  static constexpr std::array<std::string_view, 12> types{
      "ContactPoint", "NGO",    "LocalBusiness", "Corporation", "Store",      "Restaurant",
      "Library",      "School", "Place",         "WebSite",     "SportsTeam", "Hotel"};
  return type.ends_with("Organization") || type.ends_with("Business") || is_one_of(type, types);
}

bool is_person(std::string_view type) {
  return type == "Person" || type.ends_with("Article") || type == "Review";
}

Weighed answer(Sighting sighting, std::string_view context, std::optional<bool> official, ReasonCode code,
               std::string detail = {}) {
  return {std::move(sighting), context, official, {code, std::move(detail)}};
}

Weighed place(Sighting sighting, std::string_view context) {
  return answer(std::move(sighting), context, true, ReasonCode::contact_place, std::string(context));
}

// The first type that says who is described.
std::optional<bool> describes_organisation(const std::vector<std::string>& types) {
  for (std::string_view type : types) {
    type.remove_prefix(std::min(type.find_last_of("/#:") + 1, type.size()));
    if (is_person(type)) return false;
    if (is_organisation(type)) return true;
  }
  return std::nullopt;
}

Weighed weigh_data(Sighting s, const PageFacts& facts) {
  if (s.form == "meta_tag") return answer(std::move(s), "meta_only", false, ReasonCode::machine_only);
  if (s.form == "nextdata") {
    if (facts.contact) return place(std::move(s), "contact_page");
    return answer(std::move(s), "other", std::nullopt, ReasonCode::mentioned);
  }
  const auto organisation = describes_organisation(s.types);
  if (organisation == true) return place(std::move(s), "contact_block");
  if (organisation == false) return answer(std::move(s), "article_byline", false, ReasonCode::person);
  return answer(std::move(s), "other", std::nullopt, ReasonCode::mentioned);
}

}  // namespace

std::string_view heading_of(const Page& page, const Place& place) {
  return place.heading < page.headings.size() ? std::string_view(page.headings[place.heading])
                                              : std::string_view();
}

PageFacts facts_of(const Page& page, std::string_view url, const Lexicon& lexicon) {
  const std::string path = words_of_path(url);
  const auto says = [&](LexiconKind kind) {
    if (!lexicon.find(kind, page.title).empty() || !lexicon.find(kind, path).empty()) return true;
    for (std::size_t i = 0; i < std::min(first_headings, page.headings.size()); ++i)
      if (page.headings[i].size() <= short_heading && !lexicon.find(kind, page.headings[i]).empty())
        return true;
    return false;
  };
  PageFacts facts;
  facts.contact = says(LexiconKind::contact);
  facts.imprint = says(LexiconKind::imprint);
  facts.humans = path.find("humans txt") != std::string::npos ||
                 path.find("security txt") != std::string::npos ||
                 (!page.blocks.empty() && page.blocks.front().text.find("/* TEAM */") != std::string::npos);
  return facts;
}

Weighed weigh(Sighting s, const Page& page, const PageFacts& facts, const Lexicon& lexicon) {
  const std::string_view heading = heading_of(page, s.place);
  if (s.place.hidden) return answer(std::move(s), "hidden", false, ReasonCode::hidden);
  if (s.place.visitor) return answer(std::move(s), "comment_ugc", false, ReasonCode::visitors);
  if (s.place.struck) return answer(std::move(s), "struck", false, ReasonCode::struck);
  if (s.machine) return weigh_data(std::move(s), facts);
  if (s.place.quoted) return answer(std::move(s), "quoted", std::nullopt, ReasonCode::quoted);
  if (facts.humans) return answer(std::move(s), "third_party", false, ReasonCode::site_makers);
  if (const auto words = says_former(s.text); !words.empty())
    return answer(std::move(s), "former", std::nullopt, ReasonCode::former, std::string(words));
  if (says_third_party(heading))
    return answer(std::move(s), "third_party", std::nullopt, ReasonCode::third_party, std::string(heading));

  if (!lexicon.find(LexiconKind::imprint, heading).empty()) return place(std::move(s), "imprint");
  if (!lexicon.find(LexiconKind::contact, heading).empty())
    return place(std::move(s), facts.contact ? "contact_page" : "contact_block");
  if (s.place.region == Region::footer) return place(std::move(s), "footer");
  if (s.place.region == Region::header) return place(std::move(s), "header");
  if (facts.contact) return place(std::move(s), "contact_page");
  if (facts.imprint) return place(std::move(s), "imprint");
  if (s.place.region != Region::article && !lexicon.find(LexiconKind::contact, s.text).empty())
    return place(std::move(s), "contact_block");
  const std::string_view context = s.place.region == Region::article ? "article_body" : "other";
  return answer(std::move(s), context, std::nullopt, ReasonCode::mentioned);
}

}  // namespace portavoz
