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

TEST_CASE("what scripts and handlers say, and the attributes that they read, are kept with their place") {
  const Page kept = page(
      "<footer><a data-cfemail=00 class=x>y</a><a "
      "href=\"javascript:linkTo_UnCryptMailto('x')\">x</a></footer>"
      "<script>document.write('a')</script><script type='application/ld+json'>{}</script>"
      "<script type=application/json>[]</script><script type=text/template><p></script>"
      "<button onclick=\"location='mai'\">x</button><joomla-hidden-mail first=YQ== "
      "last=Yg==></joomla-hidden-mail>");
  REQUIRE(kept.attributes.size() == 2);
  CHECK(kept.attributes[0].place.region == Region::footer);
  CHECK(kept.attributes[1].element == "joomla-hidden-mail");
  REQUIRE(kept.codes.size() == 3);
  CHECK(kept.codes[0].kind == Code::Kind::handler);
  CHECK(kept.codes[1].text == "document.write('a')");
  REQUIRE(kept.data.size() == 2);
  CHECK(kept.data[0].linked);
  CHECK_FALSE(kept.data[1].linked);
  CHECK(kept.scripts == 4);
}

TEST_CASE("text that a style turns around is read as it is seen") {
  CHECK(texts(page("<p>to <span style='unicode-bidi:bidi-override;direction:rtl'>gro.b@a</span></p>")) ==
        Texts{"to a@b.org"});
  CHECK(texts(page("<style>span.r{unicode-bidi:bidi-override}</style><p><span class=r>gro.b@a</span>")) ==
        Texts{"a@b.org"});
}

TEST_CASE("a field that nobody can change is text, any other is not") {
  CHECK(texts(page("<label>Mail <input readonly value='a@b.org'></label>")) == Texts{"a@b.org", "Mail"});
  CHECK(texts(page("<input value='a@b.org'><input type=hidden readonly value='a@b.org'>")).empty());
}

TEST_CASE("the heads and feet of the site are told from those of its parts") {
  CHECK(page("<div class=footerBottom>x").blocks.at(0).place.region == Region::footer);
  CHECK(page("<div class='entry-footer'>x").blocks.at(0).place.region == Region::body);
  CHECK(page("<div class='site-header'>x").blocks.at(0).place.region == Region::header);
  CHECK(page("<ul class='menu'><li>x").blocks.at(0).place.region == Region::navigation);
  CHECK(page("<div class='site has-footer'>x").blocks.at(0).place.region == Region::body);
  CHECK_FALSE(page("<div class='content no-comments'>x").blocks.at(0).place.visitor);
  // Most of a page is no head, foot or comment of it, whatever it is called.
  const std::string text(6000, 'x');
  CHECK(page("<div class='header'>" + text + "</div>").blocks.at(0).place.region == Region::body);
  CHECK_FALSE(page("<div id='comments'>" + text + "</div>").blocks.at(0).place.visitor);
  CHECK(page("<div>" + text + "</div><div class='footer'>y</div>").blocks.at(1).place.region ==
        Region::footer);
}

TEST_CASE("a link knows what it is a property of") {
  const Page marked =
      page("<div typeof=Organization><a property=mbox href='mailto:a@b.org'>x</a></div><a href=y>y</a>");
  CHECK(marked.links.at(0).property == "mbox");
  CHECK(marked.links.at(0).described == "Organization");
  CHECK(marked.links.at(1).described.empty());
}

TEST_CASE("a picture of the sign stands for the sign") {
  CHECK(texts(page("<p>a<img alt='@'>b <img alt=Logo>c</p>")) == Texts{"a@b Logo c"});
  CHECK(texts(page("<p>a<img src='/i/at.gif'>b</p>")) == Texts{"a@b"});
  CHECK(page("<img src='/i/mailadresse.png'>").address_picture == "mailadresse.png");
  CHECK(page("<img src='/i/mail-icon.png'>").address_picture.empty());
}
