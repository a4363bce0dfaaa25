#include "core/evidence/judge_wire.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/base/text.h"
#include "core/evidence/contact_links.h"

namespace portavoz {
namespace {

constexpr std::size_t length_octets = 4;
constexpr unsigned char version = 1;
constexpr std::size_t most_entries = 100;  // of a list; judge() makes fewer

enum class Kind : std::uint8_t { words, ready, question, answer, lines };

constexpr std::array<bool Place::*, 5> marks{&Place::hidden, &Place::visitor, &Place::struck, &Place::quoted,
                                             &Place::noscript};

class Writer {
 public:
  explicit Writer(Kind kind) : out_(length_octets, '\0') {
    octet(version);
    octet(static_cast<std::uint8_t>(kind));
  }
  void octet(std::uint8_t value) { out_ += static_cast<char>(value); }
  template <typename Enum>
  void word(Enum value) {
    octet(static_cast<std::uint8_t>(value));
  }
  void text(std::string_view value) {
    out_.append(length_octets, '\0');
    put_length(out_.size() - length_octets, value.size());
    out_ += value;
  }
  void answer(const std::optional<bool>& value) { octet(!value ? 2 : *value ? 1 : 0); }
  std::string message() && {
    put_length(0, out_.size() - length_octets);
    return std::move(out_);
  }

 private:
  void put_length(std::size_t at, std::size_t length) {
    for (std::size_t i = 0; i < length_octets; ++i)
      out_[at + i] = static_cast<char>((length >> (8 * (length_octets - 1 - i))) & 0xFFU);
  }
  std::string out_;
};

std::size_t length_at(std::string_view octets) {
  std::size_t length = 0;
  for (const char c : octets.substr(0, length_octets)) length = length << 8U | static_cast<unsigned char>(c);
  return length;
}

// Reads on after a mistake, and gives zeros and empty texts: whoever reads asks at the end.
class Reader {
 public:
  Reader(std::string_view message, Kind kind) : rest_(message) {
    if (octet() != version || octet() != static_cast<std::uint8_t>(kind)) good_ = false;
  }
  std::uint8_t octet() {
    if (!good_ || rest_.empty()) return good_ = false, std::uint8_t{0};
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint8_t octet_up_to(std::size_t largest) {
    const std::uint8_t value = octet();
    if (value <= largest) return value;
    good_ = false;
    return 0;
  }
  template <typename Enum>
  Enum word(Enum last) {
    return static_cast<Enum>(octet_up_to(static_cast<std::size_t>(last)));
  }
  std::string text() {
    if (!good_ || rest_.size() < length_octets) return good_ = false, std::string();
    const std::size_t length = length_at(rest_);
    rest_.remove_prefix(length_octets);
    if (rest_.size() < length) return good_ = false, std::string();
    std::string value(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return value;
  }
  std::optional<bool> answer() {
    const std::uint8_t value = octet_up_to(2);
    return value == 2 ? std::nullopt : std::optional<bool>(value == 1);
  }
  // Whether all was as it must be, to the last octet.
  [[nodiscard]] bool ended_well() const { return good_ && rest_.empty(); }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

Error unreadable(std::string_view what) {
  return {ErrorKind::bad_input, std::string(what) + " of the program that reads pages cannot be read"};
}

void write(Writer& out, const Reason& reason) {
  out.word(reason.code);
  out.text(reason.detail);
  out.word(reason.outcome);
  out.octet(reason.where ? 1 : 0);
  if (!reason.where) return;
  out.word(reason.where->place.region);
  for (const auto mark : marks) out.octet(reason.where->place.*mark ? 1 : 0);
  out.text(reason.where->heading);
}

Where read_where(Reader& in) {
  Where where;
  where.place.region = in.word(Region::footer);
  for (const auto mark : marks) where.place.*mark = in.octet_up_to(1) == 1;
  where.heading = in.text();
  return where;
}

Reason read_reason(Reader& in) {
  Reason reason{in.word(ReasonCode::not_read), in.text(), in.word(last_outcome), {}};
  if (in.octet_up_to(1) == 1) reason.where = read_where(in);
  return reason;
}

template <typename Entry, typename Read>
std::vector<Entry> read_list(Reader& in, std::size_t most, const Read& read) {
  std::vector<Entry> list;
  for (std::size_t left = in.octet_up_to(most); left > 0 && in.good(); --left) list.push_back(read());
  return list;
}

Finding read_finding(Reader& in) {
  Finding finding;
  finding.published = in.answer();
  finding.official = in.answer();
  finding.form = in.text();
  finding.context = in.text();
  finding.excerpt = in.text();
  finding.evidence = read_list<Evidence>(in, most_entries, [&] {
    return Evidence{in.text(), in.text(), in.text()};
  });
  finding.reasons = read_list<Reason>(in, most_entries, [&] { return read_reason(in); });
  return finding;
}

// Of a page that was not read nothing is known and the outcome says why, and nobody goes on from a page on
// which the address stands.
bool is_possible(const Inspection& seen, std::string_view url) {
  const Finding& finding = seen.finding;
  if (std::any_of(finding.reasons.begin(), finding.reasons.end(), [](const Reason& each) {
        return each.code == ReasonCode::not_read && each.outcome == FetchOutcome::ok;
      }))
    return false;
  if (seen.outcome != FetchOutcome::ok && (finding.published || finding.official || !seen.links.empty()))
    return false;
  if (finding.published == true && !seen.links.empty()) return false;
  return std::all_of(seen.links.begin(), seen.links.end(),
                     [&](const std::string& link) { return is_other_page_of_site(link, url); });
}

// address: empty when the page's lines are asked for.
std::string question(const FetchResult& page, std::string_view address) {
  Writer out(Kind::question);
  out.word(page.outcome);
  out.text(page.detail);
  out.text(page.final_url);
  out.text(page.content_type);
  out.text(page.body);
  out.text(address);
  return std::move(out).message();
}

}  // namespace

std::string words_message(std::string_view lexicon) {
  Writer out(Kind::words);
  out.text(lexicon);
  return std::move(out).message();
}

std::string ready_message() { return Writer(Kind::ready).message(); }

std::string question_message(const FetchResult& page, const MailAddress& address) {
  return question(page, address.text());
}

std::string lines_question_message(const FetchResult& page) { return question(page, {}); }

std::string answer_message(const Inspection& inspection) {
  const Finding& finding = inspection.finding;
  Writer out(Kind::answer);
  out.word(inspection.outcome);
  out.answer(finding.published);
  out.answer(finding.official);
  out.text(finding.form);
  out.text(finding.context);
  out.text(finding.excerpt);
  out.octet(static_cast<std::uint8_t>(finding.evidence.size()));
  for (const Evidence& each : finding.evidence) {
    out.text(each.form);
    out.text(each.where);
    out.text(each.text);
  }
  out.octet(static_cast<std::uint8_t>(finding.reasons.size()));
  for (const Reason& each : finding.reasons) write(out, each);
  out.octet(static_cast<std::uint8_t>(inspection.links.size()));
  for (const std::string& link : inspection.links) out.text(link);
  return std::move(out).message();
}

std::string lines_message(const PageLines& lines) {
  Writer out(Kind::lines);
  out.word(lines.outcome);
  out.text(join(lines.lines, "\n"));
  return std::move(out).message();
}

Result<std::string> read_words(std::string_view message) {
  Reader in(message, Kind::words);
  std::string lexicon = in.text();
  if (!in.ended_well()) return unreadable("the words for the start");
  return lexicon;
}

Result<void> read_ready(std::string_view message) {
  if (!Reader(message, Kind::ready).ended_well()) return unreadable("the first message");
  return {};
}

Result<JudgeQuestion> read_question(std::string_view message) {
  Reader in(message, Kind::question);
  FetchResult page;
  page.outcome = in.word(last_outcome);
  page.detail = in.text();
  page.final_url = in.text();
  page.content_type = in.text();
  page.body = in.text();
  const std::string text = in.text();
  if (!in.ended_well()) return unreadable("the question");
  if (text.empty()) return JudgeQuestion{std::move(page), std::nullopt};
  auto address = MailAddress::parse(text);
  if (!address) return unreadable("the question");
  return JudgeQuestion{std::move(page), std::move(*address)};
}

Result<Inspection> read_answer(std::string_view message, std::string_view url) {
  Reader in(message, Kind::answer);
  Inspection seen;
  seen.outcome = in.word(last_outcome);
  seen.finding = read_finding(in);
  seen.links = read_list<std::string>(in, most_contact_links, [&] { return in.text(); });
  if (!in.ended_well() || !is_possible(seen, url)) return unreadable("an answer");
  return seen;
}

Result<PageLines> read_lines(std::string_view message) {
  Reader in(message, Kind::lines);
  PageLines seen;
  seen.outcome = in.word(last_outcome);
  const std::string text = in.text();
  const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const bool bounded = text.size() <= most_line_octets && ends < most_lines;
  const bool possible = seen.outcome == FetchOutcome::ok || text.empty();
  if (!in.ended_well() || !bounded || !possible || !is_utf8(text)) return unreadable("an answer");
  if (!text.empty()) seen.lines = split(text, '\n');
  return seen;
}

Result<std::optional<std::string>> MessageReader::next() {
  if (octets_.size() < length_octets) return std::optional<std::string>();
  const std::size_t length = length_at(octets_);
  if (length > longest_) return unreadable("a message");
  if (octets_.size() - length_octets < length) return std::optional<std::string>();
  std::string message = octets_.substr(length_octets, length);
  octets_.erase(0, length_octets + length);
  return std::optional(std::move(message));
}

}  // namespace portavoz
