// From HTML to the page that is judged: blocks, links and places.
#include "core/evidence/inspect.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

Page page(const std::string& html) {
  auto parsed = parse_html(html);
  if (!parsed) FAIL(parsed.error().what);
  return std::move(*parsed);
}

std::vector<std::string> texts(const Page& page) {
  std::vector<std::string> out;
  for (const auto& block : page.blocks) out.push_back(block.text);
  return out;
}

std::string heading_of(const Page& page, const Place& place) {
  return place.heading == no_heading ? "" : page.headings.at(place.heading);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("blocks are what a reader sees on lines of their own") {
  CHECK(texts(page("<p>a<b>b</b>c<p>d")) == Texts{"abc", "d"});
  CHECK(texts(page("<div>a<div>b</div>c</div>")) == Texts{"a", "b", "c"});
  CHECK(texts(page("<table><tr><td>a<td>b<tr><td>c</table>")) == Texts{"a", "b", "c"});
  CHECK(texts(page("a<br>b")) == Texts{"a\nb"});
  CHECK(texts(page("  a \n\t b  ")) == Texts{"a b"});
  CHECK(texts(page("a&amp;b&#64;c&nbsp;")) == Texts{"a&b@c\u00A0"});
}

TEST_CASE("what is no text for a reader is left out") {
  CHECK(texts(page("<head><title>t</title></head><script>a</script><style>b</style><template>c</"
                   "template><!-- d -->e")) == Texts{"e"});
  CHECK(page("<title> A  title </title>").title == "A title");
  CHECK(page("<script src=x></script><body><script>y</script>").scripts == 2);
}

TEST_CASE("hidden text does not join the text around it") {
  const auto seen = page("<p>a<span hidden>x</span>b</p>");
  REQUIRE(texts(seen) == Texts{"x", "ab"});
  CHECK(seen.blocks[0].place.hidden);
  CHECK_FALSE(seen.blocks[1].place.hidden);
}

TEST_CASE("a rule of the page's own style sheet hides, one for print does not") {
  const std::string css = "<style>.gone, #away{ display : none } @media print{.menu{display:none}}</style>";
  for (const auto& block :
       page(css + "<p class='a gone'>x</p><p id=away>y</p><div style='VISIBILITY:hidden'>z</div>").blocks) {
    CHECK(block.place.hidden);
  }
  CHECK_FALSE(page(css + "<p class=menu>x</p>").blocks.at(0).place.hidden);
}

TEST_CASE("a link has its href and its text, also inside other elements") {
  const auto seen = page("<p>See <a href='mailto:a@example.org?x=1&amp;y'>the <b>board</b></a> now");
  REQUIRE(seen.links.size() == 1);
  CHECK(seen.links[0].href == "mailto:a@example.org?x=1&y");
  CHECK(seen.links[0].text == "the board");
  CHECK(texts(seen) == Texts{"See the board now"});
}

TEST_CASE("the heading above counts until the next one or the end of its part") {
  const auto seen =
      page("<h1>One</h1><p>a</p><section><h2>Two</h2><p>b</p></section><p>c</p><footer><p>d</p></footer>");
  REQUIRE(texts(seen) == Texts{"One", "a", "Two", "b", "c", "d"});
  CHECK(heading_of(seen, seen.blocks[1].place) == "One");
  CHECK(heading_of(seen, seen.blocks[3].place) == "Two");
  CHECK(heading_of(seen, seen.blocks[4].place) == "One");
  CHECK(heading_of(seen, seen.blocks[5].place).empty());
}

TEST_CASE("regions come from elements, roles and names") {
  CHECK(page("<footer>x").blocks.at(0).place.region == Region::footer);
  CHECK(page("<div role=contentinfo>x").blocks.at(0).place.region == Region::footer);
  CHECK(page("<table id='page-footer'><td>x").blocks.at(0).place.region == Region::footer);
  CHECK(page("<body class='has footer'>x").blocks.at(0).place.region == Region::body);
  CHECK(page("<article><footer>x").blocks.at(0).place.region == Region::article);
  CHECK(page("<main><p>x").blocks.at(0).place.region == Region::main);
  CHECK(page("<nav>x").blocks.at(0).place.region == Region::navigation);
}

TEST_CASE("comments of visitors, quotations and what is struck through are marked") {
  CHECK(page("<ol class='comment-list'><li>x").blocks.at(0).place.visitor);
  CHECK_FALSE(page("<body class='comments-open'>x").blocks.at(0).place.visitor);
  CHECK(page("<blockquote>x").blocks.at(0).place.quoted);
  CHECK(page("<del>x</del>").blocks.at(0).place.struck);
  CHECK(page("<p>a<noscript>x</noscript>").blocks.at(1).place.noscript);
}

TEST_CASE("signs of a kept address are counted") {
  CHECK(page("<a data-cfemail=00>x</a>").cloaked == 1);
  CHECK(page("<a href=\"javascript:linkTo_UnCryptMailto('x')\">x</a>").cloaked == 1);
  CHECK(page("<script>document.write('a'+'&#64;')</script>").cloaked == 1);
  CHECK(page("<button onclick=\"location='mai'+'lto:'+x\">x</button>").cloaked == 1);
  CHECK(page("<p style='unicode-bidi:bidi-override'>x</p>").cloaked == 1);
  CHECK(page("<p>x</p><script>start()</script>").cloaked == 0);
}

TEST_CASE("a picture of the sign stands for the sign") {
  CHECK(texts(page("<p>a<img alt='@'>b <img alt=Logo>c</p>")) == Texts{"a@b Logo c"});
}
