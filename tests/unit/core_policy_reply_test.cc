#include <array>

#include "adapters/gettext/catalogues.h"
#include "core/policy/reply.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const Catalogues& catalogues() {
  static const auto opened = Catalogues::open(PORTAVOZ_BINARY_DIR "/locale");
  if (!opened) throw std::runtime_error(opened.error().what);
  return *opened;
}

const ReplyTexts& texts() {
  static const ReplyTexts folded(catalogues(), catalogues().languages());
  return folded;
}

Verdict refusal(Rule rule) {
  Verdict verdict;
  verdict.rule = rule;
  verdict.list = "avisos@listas.example";
  verdict.guarded_list = GuardedList{
      1, "avisos@listas.example", {"es", "en"}, "admins@listas.example", {"avisos@listas.example"}, false};
  verdict.header_from = "yo@correo.example";
  return verdict;
}

}  // namespace

TEST_CASE("an individual reads in Spanish and in English what happened and what to do") {
  const Reply reply = compose_reply(refusal(Rule::not_designated), texts());
  CHECK(reply.code == "550");
  CHECK(reply.enhanced == "5.7.2");
  CHECK(reply.lines ==
        std::vector<std::string>{
            "Su mensaje a avisos@listas.example no se publico y nadie lo recibio. En esta lista solo puede "
            "publicar la "
            "direccion de contacto designada de una asamblea, y yo@correo.example no lo es. Si escribe en",
            "nombre de una asamblea, envie desde su direccion designada o solicite que se designe la suya.",
            "Preguntas: admins@listas.example",
            "Your message to avisos@listas.example was not posted and nobody received it. Only the "
            "designated contact "
            "address of an assembly may post to this list, and yo@correo.example is none. If you write for",
            "an assembly, send from its designated address, or ask for yours to be designated.",
            "Questions: admins@listas.example"});
}

TEST_CASE("every refusal is printable ASCII, short enough for SMTP, in both languages") {
  for (const RuleInfo& rule : all_rules()) {
    if (rule.answer != Answer::reject && rule.answer != Answer::tempfail) continue;
    CAPTURE(rule.word);
    auto verdict = refusal(rule.rule);
    verdict.header_from = "\"" + std::string(60, 'x') + "\n\xC3\xB1\"@" + std::string(200, 'y') + ".example";
    const Reply reply = compose_reply(verdict, texts());
    CHECK(reply.lines.size() >= 4);
    CHECK(reply.lines.size() <= 20);
    for (const std::string& line : reply.lines) {
      CAPTURE(line);
      CHECK_FALSE(line.empty());
      CHECK(line.size() + std::string("550-5.7.26 \r\n").size() <= 512);
      for (const char c : line) CHECK((c >= 0x20 && c < 0x7F));
    }
  }
}

TEST_CASE("a list that the roll does not know is refused in both languages") {
  auto verdict = refusal(Rule::roll_unavailable);
  verdict.guarded_list.reset();
  const Reply reply = compose_reply(verdict, texts());
  CHECK(reply.code == "451");
  CHECK(reply.lines.front().find("was not posted") != std::string::npos);
  std::string all;
  for (const std::string& line : reply.lines) all += line + " ";
  CHECK(all.find("no tiene que hacer nada.") != std::string::npos);
}

TEST_CASE("a language without a catalogue is answered in English, never with a bare key") {
  CHECK(texts().ask_admins("eo") == texts().ask_admins("en"));
  CHECK(catalogues().languages() == std::vector<std::string>{"en", "es"});
}

TEST_CASE("only the names that are known are filled in") {
  const std::array values{Value{"a", "{b}"}};
  CHECK(fill("{a} and {b} and {", values) == "{b} and {b} and {");
}
