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
      "# a "
      "comment\nxx\n\nyy\ta\tb\tc\td\te\tf\tg\th\ti\tj\n\tno\tlanguage\nzz\t\xff\nyy\t1\t2\t3\t4\t5\t6\t7\t8"
      "\t9\t10\t11\t12\t13\n");
  REQUIRE_FALSE(bad);
  CHECK_THAT(bad.error().what, Catch::Contains("2: a line has a language and up to twelve columns"));
  CHECK_THAT(bad.error().what, Catch::Contains("5: a line has"));
  CHECK_THAT(bad.error().what, Catch::Contains("6: this line is not UTF-8"));
  CHECK_THAT(bad.error().what, Catch::Contains("7: a line has"));
  CHECK(bad.error().what.find("4:") == std::string::npos);
  CHECK_THAT(Lexicon::with_file("xx\n", "/etc/more.tsv").error().what,
             Catch::StartsWith("/etc/more.tsv:1: a line"));
}

TEST_CASE("what says that an address is no longer in use, or not of this house, is found in many languages",
          "[lexicon]") {
  const auto& lexicon = Lexicon::built_in();
  struct Row {
    LexiconKind kind;
    const char* text;
    bool found;
  };
  for (const auto& [kind, text, found] : {
           Row{LexiconKind::former, "Adresse nicht mehr gültig:", true},
           Row{LexiconKind::former, "Bitte nicht mehr als 5 MB senden", false},
           Row{LexiconKind::former, "En uso hasta 2019:", true},
           Row{LexiconKind::former, "We were at this address until 2021.", true},
           Row{LexiconKind::former, "Open until 20:00, mail", false},
           Row{LexiconKind::former, "until 20215", false},
           Row{LexiconKind::former, "Calle Antigua Escuela 3, correo", false},
           Row{LexiconKind::former, "Antigua dirección:", true},
           Row{LexiconKind::former, "Этот адрес больше не используется", true},
           Row{LexiconKind::press, "Pressekontakt", true},
           Row{LexiconKind::press, "Ufficio stampa", true},
           Row{LexiconKind::press, "Compressed files", false},
           Row{LexiconKind::third_party, "Otras asambleas", true},
           Row{LexiconKind::third_party, "Otras formas de contacto", false},
           Row{LexiconKind::third_party, "Autres collectifs", true},
       }) {
    INFO(text);
    CHECK(lexicon.find(kind, text).empty() != found);
  }
}
