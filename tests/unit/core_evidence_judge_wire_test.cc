#include <vector>

#include "core/evidence/judge.h"
#include "core/evidence/judge_wire.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const std::string url = "https://north.example/start";

// The message without its length, as a MessageReader gives it.
std::string inner(const std::string& message) { return message.substr(4); }

Reason reason(ReasonCode code, std::string detail = {}) { return {code, std::move(detail), {}, {}}; }

// An answer with everything in it that an answer can have.
Inspection full_answer() {
  Inspection seen;
  Finding& finding = seen.finding;
  finding.published = false;
  finding.official = std::nullopt;
  finding.form = "mailto";
  finding.context = "footer";
  finding.excerpt = std::string("a\0b\xff", 4);
  finding.evidence = {{"mailto", "footer", "write"}, {"plain", "page, hidden", ""}};
  Reason found = reason(ReasonCode::found_link);
  found.where = Where{{.region = Region::footer, .hidden = true, .quoted = true}, "Contact"};
  finding.reasons = {found, reason(ReasonCode::other_domain, "example.org")};
  seen.links = {"https://north.example/contact", "https://www.north.example/kontakt"};
  return seen;
}

bool is_read(const Inspection& seen) { return read_answer(inner(answer_message(seen)), url).has_value(); }

}  // namespace

TEST_CASE("a question arrives as it was asked", "[wire]") {
  FetchResult page;
  page.outcome = FetchOutcome::http_error;
  page.detail = "HTTP status 404";
  page.final_url = url;
  page.content_type = "text/html; charset=utf-8";
  page.body = std::string("<p>\0\xff", 5) + std::string(100'000, 'x');
  const auto address = *MailAddress::parse("\"the board\"@north.example");
  const std::string message = inner(question_message(page, address));
  const auto came = read_question(message);
  REQUIRE(came);
  CHECK(came->page.outcome == page.outcome);
  CHECK(came->page.detail == page.detail);
  CHECK(came->page.final_url == page.final_url);
  CHECK(came->page.content_type == page.content_type);
  CHECK(came->page.body == page.body);
  CHECK(came->address == address);
  CHECK_FALSE(read_question(message.substr(0, message.size() - 1)));
  CHECK_FALSE(read_question(message + "x"));
}

TEST_CASE("a question without an address asks for the lines of the page", "[wire]") {
  FetchResult page;
  page.outcome = FetchOutcome::ok;
  page.final_url = url;
  page.content_type = "text/plain";
  page.body = "one";
  const std::string message = inner(lines_question_message(page));
  const auto came = read_question(message);
  REQUIRE(came);
  CHECK_FALSE(came->address);
  CHECK(came->page.content_type == "text/plain");
  CHECK(came->page.body == "one");
  CHECK_FALSE(read_question(message + "x"));
}

TEST_CASE("lines arrive as they were given, and what can be none is refused", "[wire]") {
  using Lines = std::vector<std::string>;
  const auto came = [](const PageLines& lines) { return read_lines(inner(lines_message(lines))); };
  CHECK(came({FetchOutcome::ok, {"one", "dos y tres", "<mailto:a@b.example>"}})->lines ==
        Lines{"one", "dos y tres", "<mailto:a@b.example>"});
  CHECK(came({FetchOutcome::ok, {}})->lines.empty());
  CHECK(came({FetchOutcome::too_large, {}})->outcome == FetchOutcome::too_large);
  CHECK_FALSE(came({FetchOutcome::too_large, {"one"}}));
  CHECK_FALSE(came({FetchOutcome::ok, {"\xff"}}));
  CHECK(came({FetchOutcome::ok, Lines(most_lines, "x")}));
  CHECK_FALSE(came({FetchOutcome::ok, Lines(most_lines + 1, "x")}));
  CHECK(came({FetchOutcome::ok, {std::string(most_line_octets, 'x')}}));
  CHECK_FALSE(came({FetchOutcome::ok, {std::string(most_line_octets + 1, 'x')}}));
  const std::string message = inner(lines_message({FetchOutcome::ok, {"one"}}));
  for (std::size_t length = 0; length < message.size(); ++length)
    CHECK_FALSE(read_lines(message.substr(0, length)));
  CHECK_FALSE(read_lines(message + "x"));
}

TEST_CASE("an answer arrives as it was given", "[wire]") {
  const Inspection seen = full_answer();
  const auto came = read_answer(inner(answer_message(seen)), url);
  REQUIRE(came);
  CHECK(came->outcome == seen.outcome);
  CHECK(came->finding.published == seen.finding.published);
  CHECK(came->finding.official == seen.finding.official);
  CHECK(came->finding.form == seen.finding.form);
  CHECK(came->finding.context == seen.finding.context);
  CHECK(came->finding.excerpt == seen.finding.excerpt);
  REQUIRE(came->finding.evidence.size() == 2);
  CHECK(came->finding.evidence[1].where == "page, hidden");
  REQUIRE(came->finding.reasons.size() == 2);
  const Reason& found = came->finding.reasons[0];
  CHECK(found.code == ReasonCode::found_link);
  REQUIRE(found.where);
  CHECK(found.where->place == seen.finding.reasons[0].where->place);
  CHECK(found.where->heading == "Contact");
  CHECK_FALSE(came->finding.reasons[1].where);
  CHECK(came->links == seen.links);
}

TEST_CASE("the other messages arrive as well, and none passes for another", "[wire]") {
  const std::string words = inner(words_message("a\tb\n"));
  const std::string ready = inner(ready_message());
  const std::string answer = inner(answer_message(full_answer()));
  CHECK(*read_words(words) == "a\tb\n");
  CHECK(read_ready(ready));
  for (const std::string& other : {words, answer, std::string()}) CHECK_FALSE(read_ready(other));
  for (const std::string& other : {ready, answer, std::string()}) CHECK_FALSE(read_words(other));
  for (const std::string& other : {words, ready, std::string()}) {
    CHECK_FALSE(read_answer(other, url));
    CHECK_FALSE(read_question(other));
    CHECK_FALSE(read_lines(other));
  }
  CHECK_FALSE(read_lines(answer));
}

TEST_CASE("an answer that is cut anywhere, or goes on, is refused", "[wire]") {
  const std::string message = inner(answer_message(full_answer()));
  for (std::size_t length = 0; length < message.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(read_answer(message.substr(0, length), url));
  }
  CHECK_FALSE(read_answer(message + std::string(1, '\0'), url));
}

TEST_CASE("octets that name nothing are refused", "[wire]") {
  struct Row {
    std::string what;
    std::size_t at;  // of an answer without entries
    char octet;
  };
  const std::string message = inner(answer_message({}));
  REQUIRE(message.size() == 28);
  const auto row = GENERATE(values<Row>({{"the version", 0, 2},
                                         {"the kind", 1, 2},
                                         {"the outcome", 2, static_cast<char>(last_outcome) + 1},
                                         {"published", 3, 3},
                                         {"official", 4, 3},
                                         {"a length", 5, 1},
                                         {"the longest length", 5, '\xff'},
                                         {"evidence without entries", 25, 1},
                                         {"reasons without entries", 26, 1},
                                         {"too many reasons", 26, '\xff'},
                                         {"links without entries", 27, 1},
                                         {"more links than are followed", 27, 4}}));
  CAPTURE(row.what);
  std::string changed = message;
  changed[row.at] = row.octet;
  CHECK_FALSE(read_answer(changed, url));
  CHECK(read_answer(message, url));
}

TEST_CASE("a reason of which there is no sentence is refused", "[wire]") {
  Inspection seen;
  const auto with = [&](ReasonCode code, FetchOutcome outcome, Region region) {
    Reason odd = reason(code);
    odd.outcome = outcome;
    odd.where = Where{{.region = region}, ""};
    seen.finding.reasons = {odd};
    return is_read(seen);
  };
  const auto next = [](auto last) { return static_cast<decltype(last)>(static_cast<int>(last) + 1); };
  CHECK(with(ReasonCode::absent, FetchOutcome::ok, Region::footer));
  CHECK(with(ReasonCode::not_read, last_outcome, Region::body));
  CHECK_FALSE(with(ReasonCode::not_read, FetchOutcome::ok, Region::body));
  CHECK_FALSE(with(next(ReasonCode::not_read), FetchOutcome::ok, Region::body));
  CHECK_FALSE(with(ReasonCode::absent, next(last_outcome), Region::body));
  CHECK_FALSE(with(ReasonCode::absent, FetchOutcome::ok, next(Region::footer)));
}

TEST_CASE("an answer that draws a conclusion from nothing is refused", "[wire]") {
  Inspection seen;
  seen.outcome = FetchOutcome::too_large;
  CHECK(is_read(seen));
  seen.finding.published = false;
  CHECK_FALSE(is_read(seen));
  seen.finding.published = std::nullopt;
  seen.finding.official = true;
  CHECK_FALSE(is_read(seen));
}

TEST_CASE("an answer leads to other pages of the site only, and only when they are needed", "[wire]") {
  struct Row {
    std::string link;
    bool good;
  };
  const auto row = GENERATE(values<Row>({{"https://north.example/contact", true},
                                         {"http://www.north.example:8080/contact", true},
                                         {"https://north.example/start", false},
                                         {"https://elsewhere.example/contact", false},
                                         {"https://north.example.elsewhere.example/", false},
                                         {"https://user@north.example/", false},
                                         {"https://NORTH.example/contact", false},
                                         {"/contact", false},
                                         {"file:///etc/passwd", false},
                                         {"https://north.example/a b", false},
                                         {"", false}}));
  CAPTURE(row.link);
  Inspection seen;
  seen.links = {row.link};
  CHECK(is_read(seen) == row.good);
  seen.finding.published = true;
  CHECK_FALSE(is_read(seen));
  CHECK_FALSE(read_answer(inner(answer_message(seen)), "no url"));
}

TEST_CASE("more entries than anybody makes are refused", "[wire]") {
  Inspection seen;
  seen.finding.reasons.assign(100, reason(ReasonCode::absent));
  seen.finding.evidence.assign(100, Evidence{});
  CHECK(is_read(seen));
  seen.finding.reasons.assign(101, reason(ReasonCode::absent));
  CHECK_FALSE(is_read(seen));
}

TEST_CASE("messages are found in octets that come as they please", "[wire]") {
  const std::string octets = ready_message() + words_message("words") + ready_message();
  const std::size_t step = GENERATE(1U, 2U, 3U, 7U, 100U);
  MessageReader reader(100);
  std::vector<std::string> messages;
  for (std::size_t at = 0; at < octets.size(); at += step) {
    reader.add(std::string_view(octets).substr(at, step));
    for (auto next = reader.next(); next && *next; next = reader.next()) messages.push_back(**next);
  }
  REQUIRE(messages.size() == 3);
  CHECK(*read_words(messages[1]) == "words");
  CHECK(reader.empty());
}

TEST_CASE("a message that is too long is refused before it comes", "[wire]") {
  const std::string just = words_message(std::string(94, 'x'));  // 100 octets after its length
  MessageReader reader(100);
  reader.add(std::string_view(just).substr(0, 4));
  CHECK(reader.next());
  MessageReader shorter(99);
  shorter.add(std::string_view(just).substr(0, 4));
  CHECK_FALSE(shorter.next());
}
