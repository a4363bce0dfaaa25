#include "core/evidence/mention.h"
#include "core/evidence/spelling.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const MailAddress& address() {
  static const MailAddress parsed = *MailAddress::parse("north.team@plaza.example.org");
  return parsed;
}

std::string seen(const std::string& text) {
  const auto found = spellings(tidy_text(text), address(), Lexicon::built_in());
  if (found.empty()) return "no";
  return std::string(found[0].form) + (found[0].sure ? "" : "?");
}

}  // namespace

TEST_CASE("an address that is spelled out is recognised piece by piece", "[spelling]") {
  struct Row {
    const char* text;
    const char* form;
  };
  const auto row = GENERATE(values<Row>({
      {"north.team [at] plaza.example.org", "at_bracket"},
      {"north.team(at)plaza(dot)example(dot)org", "at_bracket"},
      {"north.team {AT} plaza [dot] example [DOT] org!", "at_bracket"},
      {"north.team_at_plaza.example.org", "at_bracket"},
      {"north.team<at>plaza.example.org", "at_bracket"},
      {"north.team (a) plaza.example.org", "at_bracket"},
      {"north.team [@] plaza.example.org", "at_bracket"},
      {"north.team(arroba)plaza.example.org", "at_bracket"},
      {"north.team(snabel-a)plaza.example.org", "at_bracket"},
      {"north.team (παπάκι) plaza (τελεία) example (τελεία) org", "at_bracket"},
      {"north.team（at）plaza.example.org", "at_bracket"},
      {"north.team#plaza.example.org (replace # by @)", "at_bracket"},
      {"north.team★plaza.example.org（★を@に）", "at_bracket"},
      {"north punto team arroba plaza punto example punto org", "at_word"},
      {"north.team kukac plaza pont example pont org", "at_word"},
      {"north.team arroba plaza.example.org", "at_word"},
      {"north.team at plaza dot example dot org", "at_word"},
      {"E-mail: north.team at plaza.example.org", "at_word"},
      {"north.team골뱅이plaza.example.org", "at_word"},
      {"north.team @ plaza . example . org", "spaces"},
      {"north.team\u00A0@\u00A0plaza.example.org", "spaces"},
      {"north.team＠plaza.example.org", "fullwidth"},
      {"north.team@\nplaza.example.org", "split_br"},
      {"north.team&#64;plaza.example.org", "entity"},
      {"north.team%40plaza.example.org", "entity"},
      // Prose, and what only looks like it.
      {"meet north.team at plaza.example.org", "at_word?"},
      {"xnorth.team [at] plaza.example.org", "no"},
      {"north.team [at] plaza.example.org.uk", "no"},
      {"north.team [at] plaza.example.organic", "no"},
      {"north.team [at] plaza example org", "no"},
      {"north.team [see] plaza.example.org", "no"},
      {"north.team # plaza.example.org", "no"},
      {"the north.team\nplaza.example.org", "no"},
      {"south.north.team [at] plaza.example.org", "no"},
      {"south punto north punto team arroba plaza punto example punto org", "no"},
      {"south [dot] north.team [at] plaza [dot] example [dot] org", "no"},
      {"write to the dot: north.team [at] plaza [dot] example [dot] org", "at_bracket"},
      {"north.team(abildua)plaza(puntua)example(puntua)org", "at_bracket"},
      {"north.team@plaza.example.org", "no"},
  }));
  DYNAMIC_SECTION(row.text) { CHECK(seen(row.text) == row.form); }
}

TEST_CASE("an operator's lexicon adds words", "[spelling]") {
  const auto more = Lexicon::with_file("xx\tkontaktejo\t\tmesagx\theliko\tpunkteto\t\n", "more.tsv");
  REQUIRE(more);
  const std::string text = "north punkteto team (heliko) plaza.example.org";
  CHECK(spellings(text, address(), Lexicon::built_in()).empty());
  CHECK(spellings(text, address(), *more).size() == 1);
}
