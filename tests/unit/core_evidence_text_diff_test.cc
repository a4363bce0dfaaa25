#include "core/base/text.h"
#include "core/evidence/inspect.h"
#include "core/evidence/page_lines.h"
#include "core/evidence/text_diff.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

using Lines = std::vector<std::string>;

// "a b c": a line a word.
Lines lines(const std::string& words) { return words.empty() ? Lines{} : split(words, ' '); }

std::string shown(const std::vector<DiffLine>& diff) {
  std::string out;
  for (const DiffLine& line : diff) {
    const char* sign = line.change == Change::removed ? "-" : line.change == Change::added ? "+" : "";
    out += (out.empty() ? "" : " ") + (line.change == Change::gap ? std::string("…") : sign + line.text);
  }
  return out;
}

}  // namespace

TEST_CASE("a difference is the fewest lines taken out and put in, with the lines around them") {
  struct Row {
    std::string before, after, diff;
  };
  for (const Row& row : {
           Row{"", "", ""},
           Row{"a b c", "a b c", ""},
           Row{"", "a", "+a"},
           Row{"a", "", "-a"},
           Row{"a", "b", "-a +b"},
           Row{"a b c", "a x c", "a -b +x c"},
           Row{"a b c d e", "a b c d x", "… d -e +x"},
           Row{"a b c d e", "x b c d e", "-a +x b …"},
           Row{"a b c d e f", "x b c d e y", "-a +x b … e -f +y"},
           Row{"a b c", "a a b c", "a +a b …"},
           Row{"a b c a b b a", "c b a b a c", "-a -b c +b a b -b a +c"},
           Row{"a b", "b a", "-a b +a"},
       }) {
    CAPTURE(row.before, row.after);
    CHECK(shown(text_diff(lines(row.before), lines(row.after), 1)) == row.diff);
  }
}

TEST_CASE("without context only the changes are shown") {
  CHECK(shown(text_diff(lines("a b c"), lines("a x c"), 0)) == "… -b +x …");
}

TEST_CASE("what was taken out and put in makes the one text of the other, on any texts") {
  std::uint32_t random = 7;
  for (int round = 0; round < 300; ++round) {
    Lines before;
    Lines after;
    for (Lines* text : {&before, &after}) {
      random = random * 1664525 + 1013904223;
      for (std::uint32_t left = random >> 27; left > 0; --left) {
        random = random * 1664525 + 1013904223;
        text->push_back(std::string(1, static_cast<char>('a' + (random >> 29))));
      }
    }
    Lines from;
    Lines to;
    for (const DiffLine& line : text_diff(before, after, 100)) {
      if (line.change != Change::added) from.push_back(line.text);
      if (line.change != Change::removed) to.push_back(line.text);
    }
    if (before == after) continue;
    CHECK(from == before);
    CHECK(to == after);
  }
}

TEST_CASE("texts that differ nearly everywhere count as replaced, and one change in a long text does not") {
  Lines before;
  Lines after;
  for (int i = 0; i < 30'000; ++i) {
    before.push_back("before " + std::to_string(i));
    after.push_back("after " + std::to_string(i));
  }
  const auto all = text_diff(before, after, 3);
  REQUIRE(all.size() == 60'000);
  CHECK(all.front() == DiffLine{Change::removed, "before 0"});
  CHECK(all.back() == DiffLine{Change::added, "after 29999"});
  after = before;
  after[15'000] = "another";
  CHECK(shown(text_diff(before, after, 0)) == "… -before 15000 +another …");
}

TEST_CASE("the lines of a page are what is shown on it, and where its links for mail lead") {
  const auto read = [](const std::string& html) { return page_lines(read_page(html, "text/html").page); };
  CHECK(read("<title> Contact </title><h1>Write\n to us</h1><p hidden>decoy</p>"
             "<p>By <a href='mailto:a@b.example'>mail</a>  only</p><a href='mailto:c@d.example'><img></a>") ==
        Lines{"Contact", "Write to us", "By mail only", "<mailto:a@b.example>", "<mailto:c@d.example>"});
  CHECK(read("<title>two\nlines</title><a href='mailto:a@b.example\n?x=\ty'>us</a>") ==
        Lines{"two lines", "us", "<mailto:a@b.example ?x= y>"});
  CHECK(read("<title> </title><p>words").size() == 1);
  CHECK(page_lines(read_page("one\r\n\r\n  two  words\n", "text/plain").page) == Lines{"one", "two words"});
}

TEST_CASE("a page with more lines than are compared has none") {
  FetchResult page;
  page.outcome = FetchOutcome::ok;
  page.content_type = "text/plain";
  const auto lines = [&](std::size_t count) {
    page.body.clear();
    for (std::size_t i = 0; i < count; ++i) page.body += "x\n";
    return lines_of_fetched(page);
  };
  CHECK(lines(most_lines).lines.size() == most_lines);
  CHECK(lines(most_lines + 1).outcome == FetchOutcome::too_large);
  CHECK(lines(most_lines + 1).lines.empty());
  page.body = std::string(most_line_octets, 'x');
  CHECK(lines_of_fetched(page).outcome == FetchOutcome::too_large);
  page.outcome = FetchOutcome::http_error;
  CHECK(lines_of_fetched(page).outcome == FetchOutcome::http_error);
}

TEST_CASE("a page of links in great number is read in one pass") {
  std::string html;
  for (int i = 0; i < 40'000; ++i) html += "<p>a<a href=mailto:b@c.example>d</a>";
  FetchResult page;
  page.outcome = FetchOutcome::ok;
  page.content_type = "text/html";
  page.body = html;
  CHECK(lines_of_fetched(page).lines.size() == 80'000);
}
