// The sentences of a finding, for admins. "%" stands for the detail.
#include <array>
#include <string>

#include "core/evidence/finding.h"

namespace portavoz {
namespace {

struct Sentence {
  std::string_view english;
  std::string_view spanish;
};

// In the order of ReasonCode, up to not_read.
constexpr std::array<Sentence, 18> sentences{{
    {"The address stands on the page as a link to write to (%).",
     "La dirección está en la página como enlace para escribir (%)."},
    {"The address stands on the page as text (%).", "La dirección está en la página como texto (%)."},
    {"That is a place for official contacts: %.", "Ese es un lugar para contactos oficiales: %."},
    {"Nothing around it says whether it is an official contact; look at the page and decide.",
     "Nada alrededor dice si es un contacto oficial; mire la página y decida."},
    {"It is in a part that is hidden when the page opens; look in a browser whether readers ever see it.",
     "Está en una parte oculta al abrir la página; mire en un navegador si alguien llega a verla."},
    {"It was written by visitors (comments), not by the assembly.",
     "Lo escribieron visitantes (comentarios), no la asamblea."},
    {"It is struck through: a former address.", "Está tachada: es una dirección antigua."},
    {"It is in a quotation; look whether the assembly itself gives it.",
     "Está en una cita; mire si la da la propia asamblea."},
    {"It stands under '%', which may be about somebody else; look whose address it is.",
     "Está bajo '%', que puede tratar de otros; mire de quién es la dirección."},
    {"Words beside it ('%') say that it may be no longer in use; read the sentence.",
     "Las palabras de al lado ('%') dicen que quizá ya no se usa; lea la frase."},
    {"The page was read whole (octets of text / links: %) and the address does not stand on it; ask the "
     "assembly for the page that shows it.",
     "Se leyó la página entera (octetos de texto / enlaces: %) y la dirección no está; pida a la asamblea la "
     "página que la muestra."},
    {"It seems to stand there in another spelling, which only a person may read: '%'; look at the page and "
     "decide.",
     "Parece estar escrita de otro modo, que solo debe leer una persona: '%'; mire la página y decida."},
    {"The page's source holds the address, but not as text that readers get for certain; look in a browser "
     "whether it "
     "shows.",
     "El código de la página contiene la dirección, pero no como texto que se lea con seguridad; mire en un "
     "navegador si "
     "se ve."},
    {"The page keeps addresses from plain readers (places: %); look at it in a browser.",
     "La página oculta direcciones a quien lee sin navegador (lugares: %); mírela en un navegador."},
    {"The page has no text of its own: a script fetches it; look at it in a browser, or ask for a page that "
     "shows the address without scripts.",
     "La página no tiene texto propio: lo trae un script; mírela en un navegador, o pida una página que "
     "muestre la dirección sin scripts."},
    {"It is not on the page that was given, but on one of the same site to which that page leads: %.",
     "No está en la página indicada, sino en otra del mismo sitio a la que esa lleva: %."},
    {"The page is unchanged since the last report; its octets of then were judged again.",
     "La página no cambió desde el último informe; se juzgaron otra vez sus octetos de entonces."},
    {"The site's robots.txt was not asked: an admin overrode it (`portavoz robots list` says who and why).",
     "No se preguntó al robots.txt del sitio: un administrador lo decidió (`portavoz robots list` dice quién "
     "y por "
     "qué)."},
}};

constexpr Sentence again_later{"it is tried again; if it stays so, ask the assembly",
                               "se intenta de nuevo; si sigue así, pregunte a la asamblea"};
constexpr Sentence ask_for_url{"ask the assembly for the right URL", "pida a la asamblea la URL correcta"};
constexpr Sentence ask_to_repair{"the site must repair it; look in a browser meanwhile",
                                 "el sitio debe arreglarlo; mire mientras en un navegador"};

struct Failure {
  Sentence what;
  Sentence advice;
};

// In the order of FetchOutcome, from no_content on.
constexpr std::array<Failure, 24> failures{{
    {{"the server sent an empty page", "el servidor envió una página vacía"}, ask_for_url},
    {{"the server says only that it is as it was when we read it before",
      "el servidor solo dice que está como cuando la leímos antes"},
     {"the report of that time still stands", "sigue valiendo el informe de entonces"}},
    {{"the server answered with an error", "el servidor contestó con un error"}, ask_for_url},
    {{"the server asks to come back later", "el servidor pide volver más tarde"}, again_later},
    {{"it is neither HTML nor plain text", "no es HTML ni texto"}, ask_for_url},
    {{"it is larger or deeper than we read", "es más grande o profunda de lo que leemos"}, ask_for_url},
    {{"its headers are larger than we read", "sus cabeceras son más grandes de lo que leemos"},
     ask_to_repair},
    {{"its encoding was not asked for or is broken", "su codificación no se pidió o está rota"},
     ask_to_repair},
    {{"it ended before its end", "acabó antes de su fin"}, ask_to_repair},
    {{"the server does not speak correct HTTP", "el servidor no habla HTTP correcto"}, ask_to_repair},
    {{"the URL is no URL that we can open", "la URL no es una que podamos abrir"}, ask_for_url},
    {{"only http and https are opened", "solo se abren http y https"}, ask_for_url},
    {{"only the ports 80 and 443 are opened", "solo se abren los puertos 80 y 443"}, ask_for_url},
    {{"the address of the server is not public", "la dirección del servidor no es pública"}, ask_for_url},
    {{"it redirects too often", "redirige demasiadas veces"}, ask_to_repair},
    {{"the name of the server has no address", "el nombre del servidor no tiene dirección"}, ask_for_url},
    {{"the DNS did not answer in time", "el DNS no contestó a tiempo"}, again_later},
    {{"the server takes no connection", "el servidor no acepta la conexión"}, again_later},
    {{"the server did not answer the connection in time", "el servidor no contestó a la conexión a tiempo"},
     again_later},
    {{"its certificate or TLS is not valid", "su certificado o su TLS no es válido"}, ask_to_repair},
    {{"it did not come in time", "no llegó a tiempo"}, again_later},
    {{"it came too slowly", "llegó demasiado despacio"}, again_later},
    {{"the site's robots.txt forbids programs to read it",
      "el robots.txt del sitio prohíbe que la lea un programa"},
     {"look in a browser, and ask the assembly to allow Portavoz in robots.txt, or record that it agrees "
      "with "
      "`portavoz robots override`",
      "mire en un navegador, y pida a la asamblea que admita a Portavoz en robots.txt, o registre que está "
      "de acuerdo "
      "con `portavoz robots override`"}},
    {{"whether the site's robots.txt allows it cannot be known now",
      "no se puede saber ahora si el robots.txt del sitio lo permite"},
     again_later},
}};

std::string_view in(ReasonLanguage language, const Sentence& sentence) {
  return language == ReasonLanguage::english ? sentence.english : sentence.spanish;
}

std::string filled(std::string_view sentence, std::string_view detail) {
  std::string out(sentence);
  const auto hole = out.find('%');
  if (hole != std::string::npos) out.replace(hole, 1, detail);
  return out;
}

std::string failure_text(const Reason& reason, ReasonLanguage language) {
  const Failure& failure = failures.at(static_cast<std::size_t>(reason.outcome) - 1);
  std::string out =
      language == ReasonLanguage::english ? "The page could not be read: " : "No se pudo leer la página: ";
  out += in(language, failure.what);
  if (!reason.detail.empty()) out += " (" + reason.detail + ")";
  out += language == ReasonLanguage::english ? ". Nothing is known about the address; "
                                             : ". No se sabe nada de la dirección; ";
  return out + std::string(in(language, failure.advice)) + ".";
}

}  // namespace

std::string reason_text(const Reason& reason, ReasonLanguage language) {
  if (reason.code == ReasonCode::not_read) return failure_text(reason, language);
  return filled(in(language, sentences.at(static_cast<std::size_t>(reason.code))), reason.detail);
}

}  // namespace portavoz
