#include "core/evidence/context.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/characters.h"
#include "core/evidence/decode.h"
#include "core/mail/unicode.h"

namespace portavoz {
namespace {

constexpr std::size_t first_headings = 3;  // that say what the page is about
constexpr std::size_t short_heading = 60;  // octets: a longer one is a headline
constexpr std::size_t short_line = 60;     // octets: a line that is a label, a name or a number, no sentence
constexpr std::size_t lines_around = 6;    // of an address, where what belongs to it stands
constexpr std::size_t head_blocks = 14;    // of a page: its head, before its first heading
constexpr std::size_t label_before = 40;   // octets before an address where its label stands
constexpr std::size_t phone_digits = 7;

// "contactBox.emailAddress" as words.
std::string words_of_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') out += ' ';
    out += is_ascii_alpha(c) ? c : ' ';
  }
  return out;
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
  return {std::move(sighting), context, official, {code, std::move(detail), {}, {}}};
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

Weighed weigh_data(Sighting s, const PageFacts& facts, const Lexicon& lexicon) {
  if (s.form == "meta_tag") return answer(std::move(s), "meta_only", false, ReasonCode::machine_only);
  if (s.form == "nextdata") {
    if (facts.contact) return place(std::move(s), "contact_page");
    if (!lexicon.find(LexiconKind::contact, words_of_name(s.property)).empty())
      return place(std::move(s), "contact_block");
    return answer(std::move(s), "other", std::nullopt, ReasonCode::mentioned);
  }
  const auto organisation = describes_organisation(s.types);
  if (organisation == true) return place(std::move(s), "contact_block");
  if (organisation == false) return answer(std::move(s), "article_byline", false, ReasonCode::person);
  return answer(std::move(s), "other", std::nullopt, ReasonCode::mentioned);
}

// A telephone or fax number: digits with the signs that stand in one, enough of them.
bool holds_number(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    if (is_ascii_digit(c)) {
      if (++digits >= phone_digits) return true;
    } else if (std::string_view(" +-./()").find(c) == std::string_view::npos) {
      digits = 0;
    }
  }
  return false;
}

// What stands around an address, line by line: its own line up to it, and the lines before and after.
struct Around {
  std::string before;              // on its own line
  std::string line;                // the whole of it
  std::vector<std::string> above;  // the nearest first
  std::vector<std::string> below;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string& line : split(text, '\n'))
    if (!trim(line).empty()) out.emplace_back(trim(line));
  return out;
}

Around around(const Page& page, const Position& position) {
  Around out;
  if (position.block >= page.blocks.size()) return out;
  const std::string& text = page.blocks[position.block].text;
  const std::size_t at = std::min(position.offset, text.size());
  const std::size_t begin = text.rfind('\n', at == 0 ? 0 : at - 1) == std::string::npos
                                ? 0
                                : (at == 0 ? 0 : text.rfind('\n', at - 1) + 1);
  const std::size_t end = std::min(text.find('\n', at), text.size());
  out.before = text.substr(begin, at - begin);
  out.line = text.substr(begin, end - begin);
  auto above = lines_of(std::string_view(text).substr(0, begin));
  out.above.assign(above.rbegin(), above.rend());
  out.below = lines_of(std::string_view(text).substr(end));
  for (std::size_t i = position.block; i > 0 && out.above.size() < lines_around; --i) {
    if (page.blocks[i - 1].place.hidden) continue;
    above = lines_of(page.blocks[i - 1].text);
    out.above.insert(out.above.end(), above.rbegin(), above.rend());
  }
  for (std::size_t i = position.block + 1; i < page.blocks.size() && out.below.size() < lines_around; ++i) {
    if (page.blocks[i].place.hidden) continue;
    const auto below = lines_of(page.blocks[i].text);
    out.below.insert(out.below.end(), below.begin(), below.end());
  }
  out.above.resize(std::min(out.above.size(), lines_around));
  out.below.resize(std::min(out.below.size(), lines_around));
  return out;
}

bool any_short(const std::vector<std::string>& lines, const auto& wanted) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.size() <= short_line && wanted(line); });
}

// By what it says of itself to programs that show previews of it.
bool is_article(const Page& page) {
  const auto is_type = [](const Meta& meta) {
    return meta.name == "og:type" && ascii_lower(meta.content) == "article";
  };
  if (std::any_of(page.metas.begin(), page.metas.end(), is_type)) return true;
  return std::any_of(page.data.begin(), page.data.end(), [](const Data& data) {
    return data.linked && (data.json.find("NewsArticle\"") != std::string::npos ||
                           data.json.find("BlogPosting\"") != std::string::npos);
  });
}

// humans.txt, and security.txt (RFC 9116 §2.5: Expires is always there), by their path or their own form.
bool names_site_makers(const Page& page, std::string_view path) {
  const auto begins = [&](std::string_view with) {
    return std::any_of(page.blocks.begin(), page.blocks.end(),
                       [&](const Block& block) { return ascii_istarts_with(block.text, with); });
  };
  return path.find("humans txt") != std::string_view::npos ||
         path.find("security txt") != std::string_view::npos || begins("/* TEAM */") ||
         (!page.blocks.empty() && page.blocks.front().text.starts_with("/* ")) ||  // in another language
         (begins("Contact: ") && begins("Expires: "));
}

// The last octets of a text, from the beginning of a character.
std::string_view tail(std::string_view text, std::size_t octets) {
  if (text.size() <= octets) return text;
  text.remove_prefix(text.size() - octets);
  while (!text.empty() && is_continuation(text.front())) text.remove_prefix(1);
  return text;
}

// The part of the line that speaks of the address at `near`: to the next semicolon or the next address.
std::string_view said_of(const Around& near) {
  const std::string_view line = near.line;
  const auto semicolon = near.before.rfind(';');
  const std::size_t begin = semicolon == std::string::npos ? 0 : semicolon + 1;
  const auto own = line.find('@', near.before.size());
  const std::size_t from = own == std::string_view::npos ? near.before.size() : own + 1;
  return line.substr(begin, std::min(line.find_first_of(";@", from), line.size()) - begin);
}

// Where the sentence begins that `text` ends in.
std::size_t sentence_start(std::string_view text) {
  const std::string_view said = text.substr(0, text.find_last_not_of(' ') + 1);
  std::size_t start = 0;
  for (const std::string_view mark : {". ", "! ", "? ", "。", "！", "？"}) {
    if (said.size() <= mark.size()) continue;
    const auto at = said.rfind(mark, said.size() - mark.size() - 1);
    if (at != std::string_view::npos) start = std::max(start, at + mark.size());
  }
  return start;
}

// What a line says around the address, from the address before it: its own sentence, and the next one where
// that has no address.
std::string_view said_around(const Around& near) {
  const std::string_view line = near.line;
  const auto other = std::string_view(near.before).rfind('@');
  const std::size_t begin = other == std::string_view::npos ? 0 : other + 1;
  const auto own = line.find('@', near.before.size());
  const std::size_t from = own == std::string_view::npos ? near.before.size() : own + 1;
  const std::size_t next = std::min(line.find('@', from), line.size());
  if (next == line.size()) return line.substr(begin);
  const std::size_t end = from + sentence_start(line.substr(from, next - from));
  return line.substr(begin, end - begin);
}

// A block of contact data: what a reader knows it by without a heading of its own.
bool is_contact_block(const Sighting& s, const Around& near, bool article, const Lexicon& lexicon) {
  const auto says_contact = [&](std::string_view line) {
    return !lexicon.find(LexiconKind::contact, line).empty();
  };
  const auto is_label = [&](std::string_view text) {
    return !lexicon.find(LexiconKind::address_label, text).empty();
  };
  const bool alone = near.line.size() <= short_line;
  const bool labelled = is_label(tail(near.before, label_before)) ||
                        (trim(near.before).empty() && !near.above.empty() &&
                         near.above[0].size() <= short_line && is_label(near.above[0]));
  const bool numbers =
      holds_number(near.line) || any_short(near.above, holds_number) || any_short(near.below, holds_number);
  const bool headed = any_short(near.above, says_contact) || says_contact(tail(near.before, short_line)) ||
                      (s.link && s.text.size() <= short_line && says_contact(s.text));
  if (headed && (alone || labelled || numbers)) return true;
  // Beside an article stand its author's number and address as well.
  return !article && ((numbers && (labelled || alone)) || (labelled && alone && s.link));
}

// The line is hardly more than the address.
bool stands_alone(const Sighting& s, const Around& near) {
  constexpr std::size_t label = 16;  // octets, for "E-Mail: " or a sign
  std::size_t shown = s.text.size();
  if (!s.link) {
    const auto end = near.line.find(' ', near.before.size());
    shown = std::min(end, near.line.size()) - near.before.size();
  }
  return near.line.size() <= shown + label;
}

// The line that ends the pages of a site.
bool is_closing_line(std::string_view line) {
  return line.find("©") != std::string_view::npos || ascii_istarts_with(trim(line), "copyright");
}

// user@host:path, as programs of version control write it.
bool is_place_on_machine(const Around& near, const Sighting& s) {
  if (s.link || s.form != "plain") return false;
  const auto at = near.line.find('@', near.before.size());
  const auto colon = at == std::string::npos ? at : near.line.find_first_of(": ", at);
  return colon != std::string::npos && colon + 1 < near.line.size() && near.line[colon] == ':' &&
         (is_ascii_alpha(near.line[colon + 1]) || near.line[colon + 1] == '/' || near.line[colon + 1] == '~');
}

// "info", "prensa.norte": a part of the name says that it is an organisation's.
bool is_mailbox(std::string local_part, const Lexicon& lexicon) {
  std::replace_if(
      local_part.begin(), local_part.end(),
      [](char c) { return std::string_view(".-_+").find(c) != std::string_view::npos; }, ' ');
  const auto parts = split(local_part, ' ');
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return lexicon.has(LexiconKind::mailbox, part); });
}

bool is_capital(std::string_view word) {
  const auto first = word.substr(0, code_point(word, 0).length);
  return lower_case(first) != first;
}

// Two to four words, each with a capital: as a person's name is written.
bool may_be_person(std::string_view label) {
  std::size_t words = 0;
  for (const std::string& word : split(trim(label), ' ')) {
    if (name_letters(word).empty()) continue;
    if (!is_capital(word)) return false;
    ++words;
  }
  return words >= 2 && words <= 4;
}

// A label that the mailbox is named after: "Vivienda" of vivienda@, "Legal team" of legal@.
bool names_mailbox(std::string_view label, const PageFacts& facts) {
  constexpr std::size_t long_enough = 4;  // letters
  return facts.name.size() >= long_enough && name_letters(label).find(facts.name) != std::string::npos &&
         !may_be_person(label);
}

// Of the site's own house, on a page that is no article: named as an organisation names its mailboxes, or
// after what stands beside it.
bool is_house_mailbox(const Around& near, std::string_view heading, std::string_view title,
                      const PageFacts& facts) {
  if (facts.article || (facts.house != House::own && facts.house != House::like)) return false;
  if (facts.mailbox || names_mailbox(title, facts) || names_mailbox(heading, facts) ||
      names_mailbox(tail(near.before, short_line), facts))
    return true;
  constexpr std::size_t cells = 3;  // of a table's row, before the one of the address
  for (std::size_t i = 0; i < std::min(cells, near.above.size()); ++i)
    if (near.above[i].size() <= short_line && names_mailbox(near.above[i], facts)) return true;
  return false;
}

// "ana.garcia": as a person's mailbox is named.
bool may_be_persons(std::string_view local_part, const PageFacts& facts) {
  return !facts.mailbox && local_part.find_first_of("._") != std::string_view::npos;
}

// Readers are asked, in the words before it, to write to an address of the site's own domain.
bool is_asked_for(const Around& near, const PageFacts& facts, const Lexicon& lexicon) {
  if (facts.house != House::own || facts.person) return false;
  const std::string_view before = std::string_view(near.before).substr(sentence_start(near.before));
  return !lexicon.find(LexiconKind::ask, before).empty();
}

// The words of a line that names who made the page, took its pictures or lent its machine.
std::string_view credit_words(const Around& near, const Lexicon& lexicon) {
  const std::string_view before = trim(near.before);
  if (!before.empty()) return lexicon.find(LexiconKind::credit, tail(before, short_line));
  if (near.above.empty() || near.above[0].size() > short_line) return {};
  return lexicon.find(LexiconKind::credit, near.above[0]);
}

}  // namespace

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

std::string_view heading_of(const Page& page, const Place& place) {
  return place.heading < page.headings.size() ? std::string_view(page.headings[place.heading])
                                              : std::string_view();
}

PageFacts facts_of(const Page& page, std::string_view url, const MailAddress& address,
                   const HouseNames& names, const Lexicon& lexicon) {
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
  facts.article = is_article(page);
  facts.humans = names_site_makers(page, path);
  facts.house = names.house_of(address);
  facts.mailbox = is_mailbox(address.local_part(), lexicon);
  facts.name = name_letters(address.local_part());
  facts.person = may_be_persons(address.local_part(), facts);
  return facts;
}

Weighed weigh(Sighting s, const Page& page, const PageFacts& facts, const Lexicon& lexicon) {
  const std::string_view heading = heading_of(page, s.place);
  const auto says = [&](LexiconKind kind, std::string_view text) {
    return !lexicon.find(kind, text).empty();
  };
  if (s.place.hidden) return answer(std::move(s), "hidden", false, ReasonCode::hidden);
  if (s.place.visitor) return answer(std::move(s), "comment_ugc", false, ReasonCode::visitors);
  if (s.place.struck) return answer(std::move(s), "struck", false, ReasonCode::struck);
  if (s.machine) return weigh_data(std::move(s), facts, lexicon);
  if (s.place.quoted) return answer(std::move(s), "quoted", std::nullopt, ReasonCode::quoted);
  if (facts.humans) return answer(std::move(s), "third_party", false, ReasonCode::site_makers);
  const Around near = around(page, s.position);
  if (is_place_on_machine(near, s)) return answer(std::move(s), "code", false, ReasonCode::a_place);
  if (const auto words = lexicon.find(LexiconKind::former, said_of(near)); !words.empty())
    return answer(std::move(s), "former", std::nullopt, ReasonCode::former, std::string(words));
  if (says(LexiconKind::third_party, heading))
    return answer(std::move(s), "third_party", std::nullopt, ReasonCode::third_party, std::string(heading));
  if (facts.house == House::foreign || facts.house == House::provider)
    if (const auto words = credit_words(near, lexicon); !words.empty())
      return answer(std::move(s), "third_party", std::nullopt, ReasonCode::credit, std::string(words));
  if (facts.house != House::own)
    if (const auto words = lexicon.find(LexiconKind::not_ours, said_around(near)); !words.empty())
      return answer(std::move(s), "third_party", std::nullopt, ReasonCode::not_ours, std::string(words));
  if (s.property.find("email") != std::string::npos || s.property.find("mbox") != std::string::npos) {
    if (const auto organisation = describes_organisation(s.types)) {
      if (*organisation) return place(std::move(s), facts.contact ? "contact_page" : "contact_block");
      return answer(std::move(s), "article_byline", false, ReasonCode::person);
    }
  }

  if (says(LexiconKind::imprint, heading)) return place(std::move(s), "imprint");
  if (says(LexiconKind::contact, heading))
    return place(std::move(s), facts.contact ? "contact_page" : "contact_block");
  if (s.place.region == Region::footer || is_closing_line(near.line)) return place(std::move(s), "footer");
  // A headline above it: that is the head of an article.
  const bool site_head = s.place.region == Region::header && heading.size() <= short_heading;
  if (site_head || s.place.region == Region::navigation) return place(std::move(s), "header");
  if (facts.contact) return place(std::move(s), "contact_page");
  if (facts.imprint) return place(std::move(s), "imprint");
  if (says(LexiconKind::press, heading) ||
      any_short(near.above, [&](std::string_view line) { return says(LexiconKind::press, line); }))
    return place(std::move(s), "press_contact");
  const bool article = s.place.region == Region::article;
  const bool head = s.place.heading == no_heading && s.position.block < head_blocks &&
                    page.blocks.size() > head_blocks && stands_alone(s, near);
  if (!article && head) return place(std::move(s), "header");
  if (!article && is_contact_block(s, near, facts.article, lexicon))
    return place(std::move(s), "contact_block");
  const bool asked_to =
      trim(near.before).ends_with(':') && says(LexiconKind::contact, tail(near.before, short_line));
  if (!article && !facts.article && asked_to) return place(std::move(s), "contact_block");
  if (is_asked_for(near, facts, lexicon)) return place(std::move(s), "contact_block");
  if (is_house_mailbox(near, heading, page.title, facts)) return place(std::move(s), "contact_block");
  return answer(std::move(s), article ? "article_body" : "other", std::nullopt, ReasonCode::mentioned);
}

}  // namespace portavoz
