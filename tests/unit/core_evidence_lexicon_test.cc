#include "core/evidence/lexicon.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("the words of a page for contacts are found in many languages, at the borders of words",
          "[lexicon]") {
  const auto& lexicon = Lexicon::built_in();
  for (const auto* text :
       {"Contact", "CONTACTO", "Kontaktdaten", "Nous contacter", "Escríbenos aquí", "Контакты", "Επικοινωνία",
        "联系我们", "お問い合わせはこちら", "연락처", "Liên hệ", "İletişim", "اتصل بنا", "צור קשר"})
    CHECK(!lexicon.find(LexiconKind::contact, text).empty());
  for (const auto* text : {"", "Subcontact", "Home", "Events of the week"})
    CHECK(lexicon.find(LexiconKind::contact, text).empty());
  CHECK(lexicon.find(LexiconKind::imprint, "Aviso legal") == "aviso legal");
  CHECK(lexicon.find(LexiconKind::imprint, "Impressum").starts_with("impress"));
}

TEST_CASE("a short word stands alone, a long one may go on", "[lexicon]") {
  CHECK(find_words("write a mail", "mail") == 8);
  CHECK(find_words("mailing", "mail") == std::string_view::npos);
  CHECK(find_words("kontaktformular", "kontakt") == 0);
  CHECK(find_words("unkontakt", "kontakt") == std::string_view::npos);
  CHECK(find_words("我们的联系方式是", "联系方式") != std::string_view::npos);
}

TEST_CASE("every bad line of a lexicon is named", "[lexicon]") {
  const auto bad = Lexicon::parse(
      "# a comment\nxx\tone\n\nyy\ta\tb\tc\td\te\tf\n\tno\tlanguage\t\t\t\t\nzz\t\xff\t\t\t\t\t\n");
  REQUIRE_FALSE(bad);
  CHECK_THAT(bad.error().what, Catch::Contains("2: a line has a language and six columns"));
  CHECK_THAT(bad.error().what, Catch::Contains("5: a line has"));
  CHECK_THAT(bad.error().what, Catch::Contains("6: this line is not UTF-8"));
  CHECK(bad.error().what.find("4:") == std::string::npos);
  CHECK_THAT(Lexicon::with_file("xx\tone\n", "/etc/more.tsv").error().what,
             Catch::StartsWith("/etc/more.tsv:1: a line"));
}
