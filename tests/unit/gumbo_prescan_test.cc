// The linear pass that keeps quadratic pages away from the parser, and the bound on the parser's memory.
#include "adapters/gumbo/prescan.h"
#include "core/evidence/inspect.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

std::string times(const std::string& piece, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += piece;
  return out;
}

bool passes(const std::string& html) { return gumbo::prescan(html, {}).has_value(); }

}  // namespace

TEST_CASE("pages within the bounds pass, however untidy") {
  CHECK(passes(""));
  CHECK(passes("<"));
  CHECK(passes("a < b && c <!"));
  CHECK(passes(times("<div>", 999) + times("</div>", 999)));
  CHECK(passes(times("<p>never closed", 50000)));
  CHECK(passes("<ul>" + times("<li>never closed", 50000)));
  CHECK(passes("<table>" + times("<tr><td>never closed<td>", 20000) + "</table>"));
  CHECK(passes("<select>" + times("<option>never closed", 5000) + "</select>"));
  CHECK(passes(times("<br><img src=x><hr/>", 20000)));
  CHECK(passes(times("<div><span>not closed</div>", 20000)));
  CHECK(passes("<svg>" + times("<path d='M0 0'/>", 20000) + "</svg>"));
  CHECK(passes("<script>" + times("'<div>'+", 20000) + "</script>"));
  CHECK(passes(times("<!-- <div> -->", 20000)));
  CHECK(passes("<a title='" + times("<div>", 20000) + "'>x</a>"));
  CHECK(passes(times("<a href=x>never closed ", 20000)));
}

TEST_CASE("deep pages are refused, however the depth is hidden") {
  const int many = 3000;
  const std::string html = GENERATE_COPY(
      times("<div>", many), times("<DIV >", many), times("<div></span>", many), times("<div/>", many),
      times("<span>", many), times("<b>", many), times("<b><div></b>", many),
      times("<div><table></div>", many), times("<x-y><div></x-y>", many), times("<font size=1></p>", many),
      times("<svg/><path/>", 1) + times("<path/>", many), "<svg><p>" + times("<path/>", many),
      "<svg><title>" + times("<div>", many), "<select><style></select>" + times("<div>", many),
      "<select><textarea>" + times("<div></div2>", many), times("<svg><![CDATA[</svg>]]><desc><div>", many),
      times("<div>", 900) + "<script><!--<script></script>" + times("</div>", 900) + "--></script>" +
          times("<div>", 900),
      times("<div>", 900) + "<svg><p><script><!--<script></script>" + times("</div>", 900) + "--></script>" +
          times("<div>", 900),
      times("<div>", 900) + "<svg><title><![CDATA[</title>]]>" + times("</div>", 900) + times("<div>", 900),
      times("<!--><div>", many), times("<!---><div>", many), times("<!----!><div>", many),
      times("<?x><div>", many), times("<div a=\"'>\">", many), times("<div a=b'>", many));
  INFO(html.substr(0, 60));
  const auto scanned = gumbo::prescan(html, {});
  REQUIRE_FALSE(scanned);
  CHECK(scanned.error().what == "the page is nested deeper than 1,000 elements");
}

TEST_CASE("too many attributes and too many octets are refused") {
  CHECK(passes("<a " + times("x=y ", 1000) + ">"));
  CHECK_FALSE(passes("<a " + times("x=y ", 1001) + ">"));
  CHECK_FALSE(passes("<a " + times("x='>' ", 1001) + ">"));
  CHECK_FALSE(passes(std::string((std::size_t{2} << 20U) + 1, 'x')));
}

TEST_CASE("a page that makes the parser copy without end runs into its memory bound") {
  std::string html = "<p>";
  for (int i = 0; i < 900; ++i) html += "<font size=" + std::to_string(i) + ">";
  html += times("<p>x", 100000);
  const auto page = parse_html(html);
  REQUIRE_FALSE(page);
  CHECK(page.error().kind == ErrorKind::bad_input);
}

TEST_CASE("any octets make a page or a refusal") {
  std::string html = "<!doctype html><svg><math><table><template><frameset><select><b><a><p></a></b><!--";
  for (std::size_t round = 0; round < 2000; ++round) {
    html[(round * 31) % html.size()] = "<>/=!-\"' abp\0\xff"[round % 15];
    const auto page = parse_html(html);
    CHECK((page.has_value() || page.error().kind == ErrorKind::bad_input));
  }
}
