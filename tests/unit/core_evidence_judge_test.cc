// What a finding says, from HTML to reasons. The pages here are ours, a line each.
#include <algorithm>

#include "adapters/json/finding_json.h"
#include "core/evidence/inspect.h"
#include "core/evidence/judge.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

MailAddress north() { return *MailAddress::parse("north@example.org"); }

Inspection look(const std::string& html, const std::string& url = "https://assembly.example/") {
  return inspect_page(html, "text/html; charset=utf-8", url, north());
}

std::string page(const std::string& body, const std::string& title = "The assembly of the north") {
  return "<!doctype html><html><head><title>" + title + "</title></head><body>" + body + "</body></html>";
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string word(const std::optional<bool>& answer) { return !answer ? "null" : *answer ? "true" : "false"; }

}  // namespace

TEST_CASE("a page says whether the address is published and official") {
  struct Row {
    std::string name, html, published, official, form, context;
  };
  const std::string a = "north@example.org";
  const std::string link = "<a href='mailto:north@example.org'>mail</a>";
  const auto row = GENERATE_COPY(values<Row>({
      {"a link under a heading", page("<h2>Contact</h2><p>" + link), "true", "true", "mailto",
       "contact_page"},
      {"Spanish heading, text", page("<h2>Escríbenos</h2><p>" + a), "true", "true", "plain", "contact_page"},
      {"the title says it", page("<p>" + a, "Contacto"), "true", "true", "plain", "contact_page"},
      {"words beside it", page("<p>Contact: " + a), "true", "true", "plain", "contact_block"},
      {"the footer", page("<main><p>Hello</main><footer>" + a + "</footer>"), "true", "true", "plain",
       "footer"},
      {"a footer by its class", page("<div class='site-footer'>" + a + "</div>"), "true", "true", "plain",
       "footer"},
      {"the imprint", page("<h1>Aviso legal</h1><p>" + a), "true", "true", "plain", "imprint"},
      {"merely mentioned", page("<p>Yesterday " + a + " wrote to us."), "true", "null", "plain", "other"},
      {"in an article", page("<article><p>Contact " + a + " for tickets.</article>"), "true", "null", "plain",
       "article_body"},
      {"by visitors", page("<h1>Contact</h1><div id=comments><p>" + a + "</div>"), "true", "false", "plain",
       "comment_ugc"},
      {"struck through", page("<h1>Contact</h1><p><del>" + a + "</del>"), "true", "false", "plain", "struck"},
      {"quoted", page("<h1>Contact</h1><blockquote>" + a + "</blockquote>"), "true", "null", "plain",
       "quoted"},
      {"no longer", page("<h1>Contact</h1><p>" + a + " is no longer read."), "true", "null", "plain",
       "former"},
      {"others", page("<h2>Other assemblies</h2><p>" + link, "Contact"), "true", "null", "mailto",
       "third_party"},
      {"hidden by style", page("<footer style='display: none'>" + a + "</footer>"), "null", "false", "plain",
       "hidden"},
      {"hidden by class", page("<style>.x{display:none}</style><p class=x>" + a, "Contact"), "null", "false",
       "plain", "hidden"},
      {"as entities", page("<footer>north&#64;example&period;org</footer>"), "true", "true", "plain",
       "footer"},
      {"pieces without space", page("<footer><b>north</b>@<i>example</i>.org</footer>"), "true", "true",
       "plain", "footer"},
      {"official somewhere", page("<p>" + a + "<footer>" + a + "</footer>"), "true", "true", "plain",
       "footer"},
      {"absent", page("<h1>Contact</h1><p>south@example.org and more text"), "false", "false", "none",
       "none"},
      {"neighbouring cells", page("<table><tr><td>north@<td>example.orgs</table> and more text here"),
       "false", "false", "none", "none"},
      {"a decoy inside", page("<p>north<span hidden>x</span>@example.org", "Contact"), "true", "true",
       "plain", "contact_page"},
      {"spelled out", page("<p>Write to north [at] example [dot] org"), "true", "null", "at_bracket",
       "other"},
      {"spelled as prose may be", page("<p>The north at example.org was closed"), "null", "null", "none",
       "none"},
      {"a place on a machine", page("<p>Clone north@example.org:site.git", "Contact"), "true", "false",
       "plain", "code"},
      {"by the data of an organisation",
       page(
           "<script "
           "type='application/ld+json'>{\"@type\":\"NGO\",\"contactPoint\":{\"email\":\"north@example.org\"}}"
           "</script><p>Text for readers"),
       "true", "true", "jsonld", "contact_block"},
      {"by the data of a person",
       page(
           "<script "
           "type='application/ld+json'>{\"@type\":\"NewsArticle\",\"author\":{\"@type\":\"Person\",\"email\":"
           "\"mailto:north@example.org\"}}</script><p>Text for readers"),
       "true", "false", "jsonld", "article_byline"},
      {"by a property of an organisation",
       page("<div itemscope itemtype='https://schema.org/Organization'>" + link.substr(0, 2) +
            " itemprop=email" + link.substr(2) + "</div>"),
       "true", "true", "mailto", "contact_block"},
      {"by <meta> alone", page("<meta name=reply-to content='north@example.org'><p>Text for readers"), "true",
       "false", "meta_tag", "meta_only"},
      {"beside a telephone", page("<p>Main street 1<br>Tel. +34 91 555 12 12<br>" + a + "<p>x"), "true",
       "true", "plain", "contact_block"},
      {"beside a label and alone", page("<table><tr><td>E-mail<td>" + link + "</table>"), "true", "true",
       "mailto", "contact_block"},
      {"for the press", page("<h2>Pressekontakt</h2><p>Maria Muster, " + a), "true", "true", "plain",
       "press_contact"},
      {"another one behind a proxy",
       page("<footer>Text for readers <a data-cfemail='0061407864747b'>x</a></footer>"), "false", "false",
       "none", "none"},
      {"in pieces for a script",
       page("<footer><a data-user=north data-domain=example.org href='#'>write</a></footer>"), "true", "true",
       "data_attr", "footer"},
      {"of who made the page", page("<footer>Web design: studio, " + a + "</footer>"), "true", "null",
       "plain", "third_party"},
      {"beside the house's own address",
       page("<p>" + a + "<p>The town hall: <a href='mailto:info@assembly.example'>mail</a>", "Contact"),
       "true", "null", "plain", "contact_page"},
      {"beside the house's own address, spelled",
       page("<p>" + a + "<p>Us: info [at] assembly [dot] example", "Contact"), "true", "null", "plain",
       "contact_page"},
      {"another one is no longer in use",
       page("<p>Contact: " + a + "; the old one, x@y.org, is no longer read"), "true", "true", "plain",
       "contact_block"},
      {"asked to write",
       page("<p>Whoever wants to get in touch with the board of the north: " + a + " or so"), "true", "true",
       "plain", "contact_block"},
      {"in a longer domain, spelled", page("<p>north [at] example [dot] org [dot] br and more text"), "null",
       "null", "none", "none"},
      {"outside of the page", page("<p style='position:absolute; left:-9999px'>" + a + "</p>"), "null",
       "false", "plain", "hidden"},
      {"behind a content system's span",
       page("<footer>north<span class=spancrypt> chez </span>example.org</footer>"), "true", "true", "plain",
       "footer"},
      {"with moved letters",
       page("<footer><a data-enc-email='abegu[at]rknzcyr.bet' href='#'>write</a></footer>"), "true", "true",
       "data_attr", "footer"},
      {"in base64 in an attribute whose name says so",
       page("<footer><a data-encoded='bm9ydGhAZXhhbXBsZS5vcmc=' href='#'>write</a></footer>"), "true", "true",
       "data_attr", "footer"},
      {"below a program that is shown",
       page("<p>Text for readers<p>/* a comment */<footer>" + a + "</footer>"), "true", "true", "plain",
       "footer"},
      {"from a list of codes",
       page("<footer><script>var c=[110,111,114,116,104,64,101,120,97,109,112,108,101,46,111,114,103];for(i "
            "in "
            "c)s+=String.fromCharCode(c[i]);document.write(s)</script></footer>"),
       "true", "true", "script_charcode", "footer"},
      {"in a picture", page("<h1>Contact</h1><img src='/i/kontaktadresse.png'>"), "null", "null", "none",
       "none"},
      {"at the head of a long page",
       page("<div>" + link + "</div>" + repeated("<p>Some text of this page, which goes on and on.", 20)),
       "true", "true", "mailto", "header"},
      {"in the head of an article",
       page("<header><h1>A headline that is as long as those of the news are, with a verb and its "
            "object</h1><p>" +
            link + "</header>"),
       "true", "null", "mailto", "other"},
      {"only in the source", page("<p>Some text for readers here<input value=" + a + ">"), "null", "null",
       "none", "none"},
      {"kept by a proxy in a way we do not know",
       page("<p>Long text for readers here <a data-cfemail=zz href=#>[email]</a>"), "null", "null", "none",
       "none"},
      {"needs a browser", page("<div id=app></div><script src=app.js></script>"), "null", "null", "none",
       "none"},
      {"a comment of HTML", page("<p>Some text for readers here<!-- " + a + " -->"), "null", "null", "none",
       "none"},
  }));
  DYNAMIC_SECTION(row.name) {
    const auto seen = look(row.html);
    CHECK(seen.outcome == FetchOutcome::ok);
    CHECK(word(seen.finding.published) == row.published);
    CHECK(word(seen.finding.official) == row.official);
    CHECK(seen.finding.form == row.form);
    CHECK(seen.finding.context == row.context);
    CHECK_FALSE(seen.finding.reasons.empty());
    CHECK(seen.finding.evidence.empty() == (row.form == "none"));
  }
}

TEST_CASE("the path of the page counts as its title does") {
  const auto html = page("<p>north@example.org");
  CHECK(look(html, "https://north.example/contacto?x").finding.official == true);
  CHECK_FALSE(look(html, "https://contacto.example/x").finding.official.has_value());
}

TEST_CASE("a link and its text are separate evidence, with the place in words") {
  const auto seen = look(page("<h2>Contact</h2><p><a href='mailto:north@example.org'>north@example.org</a>"));
  REQUIRE(seen.finding.evidence.size() == 2);
  CHECK(seen.finding.evidence[0].form == "mailto");
  CHECK(seen.finding.evidence[1].form == "plain");
  CHECK(seen.finding.evidence[0].where == "page, under 'Contact'");
  CHECK(seen.finding.excerpt == "north@example.org");
}

TEST_CASE("a link to another address than its text is evidence for that address only") {
  const auto seen = look(page("<h2>Contact</h2><p><a href='mailto:south@example.org'>north@example.org</a>"));
  REQUIRE(seen.finding.evidence.size() == 1);
  CHECK(seen.finding.evidence[0].form == "plain");
}

TEST_CASE("a plain text is read line by line") {
  const auto seen =
      inspect_page("Contact\nnorth@example.org\n", "text/plain", "https://north.example/", north());
  CHECK(seen.finding.published == true);
}

TEST_CASE("what is no page, or an empty one, gives no answer") {
  CHECK(inspect_page("%PDF", "application/pdf", "", north()).outcome == FetchOutcome::wrong_type);
  CHECK(inspect_page(" \n", "text/html", "", north()).outcome == FetchOutcome::no_content);
  std::string divs;
  for (int i = 0; i < 5000; ++i) divs += "<div>";
  const auto deep = look(divs + "north@example.org");
  CHECK(deep.outcome == FetchOutcome::too_large);
  CHECK_FALSE(deep.finding.published);
}

TEST_CASE("a page that was not fetched says nothing about the address, and why") {
  FetchResult failed;
  failed.outcome = FetchOutcome::http_error;
  failed.http_status = 404;
  failed.detail = "HTTP status 404";
  failed.body = page("<footer>north@example.org</footer>");
  const auto seen = inspect_fetched(failed, north());
  CHECK(seen.outcome == FetchOutcome::http_error);
  CHECK_FALSE(seen.finding.published);
  CHECK_FALSE(seen.finding.official);
  CHECK(seen.finding.evidence.empty());
  REQUIRE(seen.finding.reasons.size() == 1);
  const auto text = reason_text(seen.finding.reasons[0], ReasonLanguage::english);
  CHECK(text ==
        "The page could not be read: the server answered with an error (HTTP status 404). Nothing is known "
        "about "
        "the address; ask the assembly for the right URL.");
}

TEST_CASE("every reason has a sentence in both languages") {
  for (int code = 0; code <= static_cast<int>(ReasonCode::not_read); ++code) {
    for (int outcome = 1; outcome <= static_cast<int>(FetchOutcome::too_slow); ++outcome) {
      const Reason reason{static_cast<ReasonCode>(code), "DETAIL", static_cast<FetchOutcome>(outcome), {}};
      const auto english = reason_text(reason, ReasonLanguage::english);
      const auto spanish = reason_text(reason, ReasonLanguage::spanish);
      CHECK(english != spanish);
      CHECK(english.size() > 20);
      CHECK((english.find("DETAIL") == std::string::npos) == (spanish.find("DETAIL") == std::string::npos));
      CHECK(english.find('%') == std::string::npos);
    }
  }
}

TEST_CASE("a finding as JSON keeps null for what cannot be told") {
  const auto json = finding_json(not_read(FetchOutcome::timeout, ""), "north@example.org",
                                 "https://north.example/", FetchOutcome::timeout, "");
  CHECK_THAT(json, Catch::EndsWith(R"("domain":null})"));
  CHECK_THAT(json, Catch::StartsWith(
                       R"({"address":"north@example.org","url":"https://north.example/","outcome":"timeout",)"
                       R"("published":null,"official":null,"form":"none","context":"none","excerpt":"",)"
                       R"("evidence":[],"reasons":[{"en":"The page could not be read)"));
}

TEST_CASE("octets that are no UTF-8 and NUL do not stop the JSON") {
  Finding finding;
  finding.excerpt = std::string("a\xff\0b", 4);
  finding.evidence.push_back({"plain", "page", "\xc3"});
  const auto json = finding_json(finding, "north@example.org", "\xfe", FetchOutcome::ok, "there");
  CHECK_THAT(json, Catch::Contains("\"excerpt\":\"a\uFFFD\uFFFDb\""));
  CHECK(json.find("\\u0000") == std::string::npos);
}

TEST_CASE("a report carries the fetch, the finding and where the octets are") {
  FetchResult fetched;
  fetched.outcome = FetchOutcome::ok;
  fetched.final_url = "https://north.example/contact";
  fetched.http_status = 200;
  fetched.content_type = "text/html";
  const auto seen = look(page("<footer>north@example.org</footer>"));
  const auto json = report_json(
      {fetched,
       seen.finding,
       seen.outcome,
       "https://north.example/",
       Instant(Seconds(0)),
       {"ab12", 7, "host", "/evidence/check-1-1.warc.gz", "cd34", 9, "/evidence/check-1-1.warc.gz"},
       "verifier on host",
       "",
       "allowed",
       "gone"});
  for (const auto* part : {R"("outcome":"ok")", R"("url":"https://north.example/")",
                           R"("final_url":"https://north.example/contact")", R"("http_status":200)",
                           R"("content_type":"text/html")", R"("fetched_at":"1970-01-01T00:00:00Z")",
                           R"("published":true)", R"("official":true)", R"("body_sha256":"ab12")",
                           R"("body_bytes":7)", R"("verifier":"verifier on host")", R"("found_url":null)",
                           R"("robots":"allowed")", R"("domain":"gone")"}) {
    CHECK_THAT(json, Catch::Contains(part));
  }
}

TEST_CASE("a mailbox of the house is official where it is named as one, and no person's is") {
  struct Row {
    std::string name, address, html, official;
  };
  const auto row = GENERATE(values<Row>({
      {"an organisation's mailbox", "info@north.example", "<p>Yesterday info@north.example wrote.", "true"},
      {"named after its label", "housing@north.example", "<ul><li>Housing: housing@north.example</ul>",
       "true"},
      {"named after its row", "housing@north.example",
       "<table><tr><td>Housing<td>Monday<td>housing@north.example</table>", "true"},
      {"named after the title", "thenorth@mail.com", "<p>or so: thenorth@mail.com, we think", "true"},
      {"a person", "mary.miller@north.example", "<p>Mary Miller: mary.miller@north.example, a baker", "null"},
      {"a person by one name", "mary@north.example", "<p>Mary Miller: mary@north.example", "null"},
      {"in an article", "info@north.example",
       "<meta property=og:type content=article><p>Yesterday info@north.example wrote.", "null"},
      {"a stranger's mailbox", "info@south.example", "<p>Yesterday info@south.example wrote.", "null"},
  }));
  INFO(row.name);
  const std::string html =
      "<!doctype html><html><head><title>The North of all</title></head><body>" + row.html;
  const auto seen = inspect_page(html, "text/html; charset=utf-8", "https://www.north.example/",
                                 *MailAddress::parse(row.address));
  CHECK(word(seen.finding.published) == "true");
  CHECK(word(seen.finding.official) == row.official);
}

TEST_CASE("words beside an address say whether readers are to write there, or that it is somebody else's") {
  struct Row {
    std::string name, address, html, official;
  };
  const auto row = GENERATE(values<Row>({
      {"asked for", "desk@north.example", "<p>Two letters later, send us a copy: desk@north.example", "true"},
      {"asked for in Polish", "skarb@north.example",
       "<article><p>W sprawie składek napisz: skarb@north.example</article>", "true"},
      {"asked for in the sentence before", "desk@north.example",
       "<article><p>Write letters. The desk@north.example thing broke.</article>", "null"},
      {"asked for, a person", "mary.miller@north.example",
       "<article><p>Write to mary.miller@north.example</article>", "null"},
      {"asked for, a stranger", "desk@south.example", "<article><p>Write to desk@south.example</article>",
       "null"},
      {"not ours, before", "desk@south.example", "<h2>Contact</h2><p>The school (not us): desk@south.example",
       "null"},
      {"not ours, after", "desk@south.example",
       "<h2>Contact</h2><p>They come from desk@south.example. That address is not ours. Ask "
       "north@post.example.net.",
       "null"},
      {"not ours, in Spanish", "desk@south.example",
       "<h2>Contacto</h2><p>La liga es otra gente: desk@south.example", "null"},
      {"not ours, in Turkish", "desk@south.example",
       "<h2>İletişim</h2><p>Muhtarlık (bizden ayrıdır): desk@south.example", "null"},
      {"the other one is not ours", "desk@south.example",
       "<h2>Contact</h2><p>Our mailbox is desk@south.example. The school is not us, it has "
       "office@school.example.net.",
       "true"},
      {"the site's own is its own", "info@north.example",
       "<h2>Contact</h2><p>Not us at the gate: info@north.example", "true"},
  }));
  INFO(row.name);
  const auto seen = inspect_page(page(row.html, "The others"), "text/html; charset=utf-8",
                                 "https://north.example/", *MailAddress::parse(row.address));
  CHECK(word(seen.finding.published) == "true");
  CHECK(word(seen.finding.official) == row.official);
}

TEST_CASE(
    "where the site's domain shows no address, the domain that stands first or most often is the house") {
  struct Row {
    std::string name, html, official;
  };
  const auto row = GENERATE(values<Row>({
      {"alone", "<h1>Contact</h1><p>sun@moon.example.net", "true"},
      {"first", "<h1>Contact</h1><p>sun@moon.example.net<p>bees@hive.example.net", "true"},
      {"after another", "<h1>Contact</h1><p>bees@hive.example.net<p>sun@moon.example.net", "null"},
      {"after another, as links",
       "<h1>Contact</h1><p><a href='mailto:bees@hive.example.net'>Bees</a>"
       "<p><a href='mailto:sun@moon.example.net'>Sun</a>",
       "null"},
      {"first, and fewer",
       "<h1>Contact</h1><p>sun@moon.example.net<p>bees@hive.example.net<p>honey@hive.example.net", "null"},
      {"last, and more",
       "<h1>Contact</h1><p>bees@hive.example.net<p>sun@moon.example.net<p>star@moon.example.net", "true"},
      {"after a mailbox provider's", "<h1>Contact</h1><p>sun@moon.example.net, or thesun@gmail.com", "null"},
      {"after a visitor's",
       "<h1>Contact</h1><div class=comment-list>bees@hive.example.net</div><p>sun@moon.example.net", "true"},
      {"in the site's foot", "<p>bees@hive.example.net</p><footer>sun@moon.example.net</footer>", "true"},
  }));
  INFO(row.name);
  const auto seen = inspect_page(page(row.html, "The others"), "text/html; charset=utf-8",
                                 "https://north.example/", *MailAddress::parse("sun@moon.example.net"));
  CHECK(word(seen.finding.published) == "true");
  CHECK(word(seen.finding.official) == row.official);
}

TEST_CASE("a version, a feed's elements and an archive's heads are read for what they are") {
  const auto published = [](const std::string& html, const std::string& address) {
    return inspect_page(html, "text/html; charset=utf-8", "https://north.example/",
                        *MailAddress::parse(address))
               .finding.published == true;
  };
  CHECK_FALSE(published(page("<p>npm i library@8.4.31 first"), "library@8.4.31"));
  CHECK(published(page("<p>library@8.4.31a.example"), "library@8.4.31a.example"));
  CHECK(published("<feed><author><name>Mary Miller</name><email>mary@north.example</email></author></feed>",
                  "mary@north.example"));
  CHECK_FALSE(published(page("<p>mary<x-sign>mary</x-sign>@north.example"), "mary@north.example"));
  CHECK(published(
      page("<b>Mary</b> <a href='mailto:list%40north.example'>mary at north.example</a> Mon Jan 24"),
      "mary@north.example"));
  CHECK_FALSE(published(page("<b>Mary</b> <a href='/x'>meet mary at north.example</a> Mon Jan 24"),
                        "mary@north.example"));
}
