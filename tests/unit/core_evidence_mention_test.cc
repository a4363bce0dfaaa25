// Whole addresses in running text and in mailto links.
#include "core/base/text.h"
#include "core/evidence/mailto.h"
#include "core/evidence/mention.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

MailAddress address(const std::string& text) {
  auto parsed = MailAddress::parse(text);
  if (!parsed) FAIL(parsed.error().what);
  return *parsed;
}

bool stands_in(const std::string& text, const std::string& whom = "info@example.org") {
  return !mentions(tidy_text(text), address(whom)).empty();
}

}  // namespace

TEST_CASE("an address is found where prose puts it") {
  const std::string text =
      GENERATE("info@example.org", "Write to info@example.org.", "<info@example.org>", "(INFO@Example.ORG)",
               "e-mail:info@example.org", "info@example.org, or call", "'info@example.org'",
               "“info@example.org”", "-info@example.org", "*info@example.org*", "a\ninfo@example.org\nb",
               "info@example.org/", "info@example.org: write", "연락처:info@example.org로",
               "邮箱info@example.org。", "in\u00ADfo@exam\u200Bple.org", "x\u00A0info@example.org\u00A0y");
  INFO(text);
  CHECK(stands_in(text));
}

TEST_CASE("a part of another address is not found") {
  const std::string text =
      GENERATE("xinfo@example.org", "x.info@example.org", "x-info@example.org", "x+info@example.org",
               "x_info@example.org", "_info@example.org", "o'info@example.org", "user=info@example.org",
               "info@example.org.uk", "info@example.orga", "info@example.org-x.net", "info@sub.example.org",
               "info@example.org@example.net", "@info@example.org", "ssh://info@example.org/x",
               "ñinfo@example.org", "info@exаmple.org", "info@example", "info @example.org",
               "info@ example.org", "info[at]example.org", "", "@", "info@");
  INFO(text);
  CHECK_FALSE(stands_in(text));
}

TEST_CASE("an internationalised domain is one domain in both spellings") {
  CHECK(stands_in("Schreibt an kontakt@grünzug.example.de!", "kontakt@xn--grnzug-4ya.example.de"));
  CHECK(stands_in("Schreibt an kontakt@xn--grnzug-4ya.example.de!", "kontakt@grünzug.example.de"));
}

TEST_CASE("an address in another spelling leaves a doubt, and other words do not") {
  const auto doubt = [](const std::string& text) {
    return other_spelling(tidy_text(text), address("info@example.org")) != std::string::npos;
  };
  CHECK(doubt("info [at] example [dot] org"));
  CHECK(doubt("info arroba example punto org"));
  CHECK(doubt("info @ example.org"));
  CHECK(doubt("info@\nexample.org"));
  CHECK_FALSE(doubt("For more info see below. The rest of this paragraph is about an example of ours."));
  CHECK_FALSE(doubt("infos [at] example.org"));
  CHECK_FALSE(doubt("info@example.net"));
}

TEST_CASE("source that holds the address is told from source that holds a longer one") {
  const auto holds = [](const std::string& source) {
    return holds_address(source, address("info@example.org"));
  };
  CHECK(holds("value=INFO@example.org>"));
  CHECK(holds("other@example.org/info@example.org"));
  CHECK(holds("\"email\":\"info@example.org.\""));
  CHECK_FALSE(holds("x.info@example.org"));
  CHECK_FALSE(holds("x-info@example.org"));
  CHECK_FALSE(holds("info@example.org.uk"));
  CHECK_FALSE(holds("info@example.orga"));
}

TEST_CASE("a mailto link gives every address that it writes to") {
  struct Row {
    std::string href;
    std::vector<std::string> addresses;
    std::string form;
  };
  const auto row = GENERATE(values<Row>({
      {"mailto:info@example.org", {"info@example.org"}, "mailto"},
      {" MAILTO:Info@Example.org ", {"info@example.org"}, "mailto"},
      {"mailto://info@example.org", {"info@example.org"}, "mailto"},
      {"mailto:%69nfo%40example.org", {"info@example.org"}, "mailto_pct"},
      {"mailto:info@example.org?subject=Hola&body=x@example.net", {"info@example.org"}, "mailto_query"},
      {"mailto:?to=info@example.org", {"info@example.org"}, "mailto_query"},
      {"mailto:a@example.org,b@example.org;c@example.org",
       {"a@example.org", "b@example.org", "c@example.org"},
       "mailto"},
      {"mailto:The%20board%20%3Cinfo@example.org%3E", {"info@example.org"}, "mailto_pct"},
      {"mailto:info@example.org#top", {"info@example.org"}, "mailto"},
      {"mailto:", {}, ""},
      {"mailto:info", {}, ""},
      {"mailto:info@example.org%", {}, ""},
      {"https://example.org/?mailto:info@example.org", {}, ""},
  }));
  DYNAMIC_SECTION(row.href) {
    std::vector<std::string> found;
    for (const auto& one : mailto_addresses(row.href)) {
      found.push_back(one.address.text());
      CHECK(one.form == row.form);
    }
    CHECK(found == row.addresses);
  }
}

TEST_CASE("an excerpt is cut between characters") {
  const std::string text = "ááááá info@example.org ééééé";
  for (std::size_t width = 1; width < 60; ++width) CHECK(is_utf8(excerpt_at(text, 11, width)));
}
