#include "core/evidence/contact_links.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/context.h"
#include "core/net/site.h"
#include "core/net/url.h"

namespace portavoz {
namespace {

constexpr std::size_t longest_words = 60;  // octets: what names a page; more of it is a sentence

struct Candidate {
  std::size_t rank;  // the lower, the better
  std::string url;
};

// 0 for a page for contacts, 1 for an imprint by what the link says, 2 and 3 by its path; 4 for neither.
std::size_t promise(std::string_view words, std::string_view path, const Lexicon& lexicon) {
  const auto is = [&](LexiconKind kind, std::string_view text) { return !lexicon.find(kind, text).empty(); };
  if (words.size() <= longest_words) {
    if (is(LexiconKind::contact, words)) return 0;
    if (is(LexiconKind::imprint, words)) return 1;
  }
  if (is(LexiconKind::contact, path)) return 2;
  return is(LexiconKind::imprint, path) ? 3 : 4;
}

}  // namespace

std::vector<std::string> contact_links(const Page& page, std::string_view url, const Lexicon& lexicon) {
  const auto here = Url::parse(url);
  if (!here) return {};
  const std::string site = site_of(here->host()).domain;
  std::vector<Candidate> candidates;
  for (const Link& link : page.links) {
    const auto there = here->join(trim(link.href));
    if (!there || there->text() == here->text() || site_of(there->host()).domain != site) continue;
    const std::size_t rank = promise(trim(link.text), words_of_path(there->text()), lexicon);
    const auto same = [&](const Candidate& other) { return other.url == there->text(); };
    if (rank < 4 && std::none_of(candidates.begin(), candidates.end(), same))
      candidates.push_back({rank, there->text()});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.rank < b.rank; });
  std::vector<std::string> out;
  for (Candidate& each : candidates)
    if (out.size() < most_contact_links) out.push_back(std::move(each.url));
  return out;
}

bool is_other_page_of_site(std::string_view link, std::string_view url) {
  const auto here = Url::parse(url);
  const auto there = Url::parse(link);
  return here && there && there->text() == link && there->text() != here->text() &&
         site_of(there->host()).domain == site_of(here->host()).domain;
}

}  // namespace portavoz
