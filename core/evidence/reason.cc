// The sentences of a finding, for admins. "%" stands for the detail.
#include <algorithm>
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
constexpr std::array<Sentence, 37> sentences{{
    {"The address stands on the page as a link to write to (%).",
     "La dirección está en la página como enlace para escribir (%)."},
    {"The address stands on the page as text (%).", "La dirección está en la página como texto (%)."},
    {"It does not stand there as it is: % was undone to read it.",
     "No está tal cual: para leerla se deshizo %."},
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
    {"Words beside it ('%') say that it may be the address of who made the page, or something on it; look "
     "whose "
     "it is.",
     "Las palabras de al lado ('%') dicen que puede ser de quien hizo la página, o algo de ella; mire de "
     "quién "
     "es."},
    {"Words beside it ('%') say that it is somebody else's; read the sentence.",
     "Las palabras de al lado ('%') dicen que es de otros; lea la frase."},
    {"It is of another domain than the site, and the page shows an address of its own (%); look whether this "
     "one is the assembly's or somebody else's.",
     "Es de otro dominio que el sitio, y la página muestra una dirección propia (%); mire si esta es de la "
     "asamblea o de otros."},
    {"An address of another domain (%) stands first or more often on the page, and the site's own domain "
     "shows none; look "
     "which one is the assembly's.",
     "Una dirección de otro dominio (%) está antes o más veces en la página, y no hay ninguna del dominio "
     "del sitio; mire "
     "cuál es la de la asamblea."},
    {"It stands only in data for programs, which readers do not see.",
     "Solo está en datos para programas, que quien lee no ve."},
    {"The data around it describes a person, not the assembly.",
     "Los datos que la rodean describen a una persona, no a la asamblea."},
    {"The file names those who made the site or whom to warn of its faults, not the assembly's contact.",
     "El archivo nombra a quien hizo el sitio o a quien avisar de sus fallos, no el contacto de la "
     "asamblea."},
    {"It is written as a place on a machine (user@host:path), not as an address to write to.",
     "Está escrita como un lugar en una máquina (usuario@host:ruta), no como dirección a la que escribir."},
    {"Words beside it ('%') say that it may be no longer in use; read the sentence.",
     "Las palabras de al lado ('%') dicen que quizá ya no se usa; lea la frase."},
    {"The link leads to this address, and its words show another one (%); ask the assembly which is right.",
     "El enlace lleva a esta dirección y su texto muestra otra (%); pregunte a la asamblea cuál es la "
     "buena."},
    {"The address is of the site's own domain (%).", "La dirección es del dominio del propio sitio (%)."},
    {"The address is not of the site's domain (%), as with many assemblies; make sure that the site is "
     "theirs.",
     "La dirección no es del dominio del sitio (%), como en muchas asambleas; asegúrese de que el sitio es "
     "suyo."},
    {"The site (%) is below a provider's domain where anybody can open one; make sure that it is the "
     "assembly's.",
     "El sitio (%) está bajo el dominio de un proveedor donde cualquiera puede abrir uno; asegúrese de que "
     "es "
     "de la asamblea."},
    {"Other addresses stand there: %.", "Hay otras direcciones: %."},
    {"The page was read whole (octets of text / links: %) and the address does not stand on it; ask the "
     "assembly for the page that shows it.",
     "Se leyó la página entera (octetos de texto / enlaces: %) y la dirección no está; pida a la asamblea la "
     "página que la muestra."},
    {"It seems to stand there in another spelling, which only a person may read: '%'; look at the page and "
     "decide.",
     "Parece estar escrita de otro modo, que solo debe leer una persona: '%'; mire la página y decida."},
    {"The page's source holds the address, but not as text that readers get for certain; look in a browser "
     "whether it shows.",
     "El código de la página contiene la dirección, pero no como texto que se lea con seguridad; mire en un "
     "navegador si se ve."},
    {"The page keeps addresses from plain readers (places: %); look at it in a browser.",
     "La página oculta direcciones a quien lee sin navegador (lugares: %); mírela en un navegador."},
    {"The page seems to show an address as a picture (%), which only a person can read; look at it.",
     "La página parece mostrar una dirección como imagen (%), que solo una persona puede leer; mírela."},
    {"The page has no text of its own: a script fetches it; look at it in a browser, or ask for a page that "
     "shows the address without scripts.",
     "La página no tiene texto propio: lo trae un script; mírela en un navegador, o pida una página que "
     "muestre la dirección sin scripts."},
    {"It is not on the page that was given, but on one of the same site to which that page leads: %.",
     "No está en la página indicada, sino en otra del mismo sitio a la que esa lleva: %."},
    {"The page leads to one of the same site that may show it, and that one could not be read or judged (%); "
     "so nobody can say that the address is absent. Look at it in a browser.",
     "La página lleva a otra del mismo sitio que podría mostrarla, y esa no se pudo leer o juzgar (%); así "
     "que nadie puede decir que la dirección falta. Mírela en un navegador."},
    {"The page has no text of its own, so it was judged as it is shown by a browser that runs its scripts "
     "and "
     "loads nothing else; what it showed is kept.",
     "La página no tiene texto propio, así que se juzgó como la muestra un navegador que ejecuta sus scripts "
     "y "
     "no carga nada más; se guarda lo que mostró."},
    {"A browser without a network does not show the address there either, and what the page loads from "
     "elsewhere was not there; what it showed is kept.",
     "Un navegador sin red tampoco muestra ahí la dirección, y faltaba lo que la página carga de otros "
     "sitios; "
     "se guarda lo que mostró."},
    {"The page is unchanged since the last report; its octets of then were judged again.",
     "La página no cambió desde el último informe; se juzgaron otra vez sus octetos de entonces."},
    {"The site's robots.txt was not asked: an admin overrode it (`portavoz robots list` says who and why).",
     "No se preguntó al robots.txt del sitio: un administrador lo decidió (`portavoz robots list` dice quién "
     "y por "
     "qué)."},
    {"The page could not be judged: it brought the program that reads pages down (%). Nothing is known about "
     "the address; look at the page with your own eyes.",
     "No se pudo juzgar la página: hizo caer el programa que lee las páginas (%). No se sabe nada de la "
     "dirección; mire la página con sus propios ojos."},
}};

struct Words {
  std::string_view key;
  Sentence words;
};

// What a form of Sighting says was done; a form that is not here was read as it stands.
constexpr std::array<Words, 16> codings{{
    {"fullwidth", {"a wide '@'", "una '@' ancha"}},
    {"mailto_pct", {"percent-encoding", "la codificación con porcentajes"}},
    {"spaces", {"blanks between its parts", "los espacios entre sus partes"}},
    {"split_br", {"a line end inside of it", "un salto de línea en medio"}},
    {"at_bracket",
     {"a sign or word in the place of '@' or a dot", "un signo o palabra en lugar de '@' o de un punto"}},
    {"at_word", {"words in the place of '@' and dots", "palabras en lugar de '@' y de los puntos"}},
    {"entity", {"character references shown as text", "las referencias de caracteres mostradas como texto"}},
    {"cf_email", {"the protection of a proxy (data-cfemail)", "la protección de un proxy (data-cfemail)"}},
    {"joomla_cloak", {"Joomla's protection by a script", "la protección de Joomla con un script"}},
    {"joomla_hidden", {"Joomla's protection (base64)", "la protección de Joomla (base64)"}},
    {"typo3_spam", {"TYPO3's protection (moved letters)", "la protección de TYPO3 (letras desplazadas)"}},
    {"data_attr",
     {"what the page keeps in attributes for its script",
      "lo que la página guarda en atributos para su script"}},
    {"js_location", {"a script of a link or button", "un script de un enlace o botón"}},
    {"script_charcode", {"a script that writes it from numbers", "un script que la escribe con números"}},
    {"script", {"a script that puts it together", "un script que la compone"}},
    {"nextdata",
     {"the data from which a script builds the page", "los datos con los que un script compone la página"}},
}};

constexpr std::array<Words, 6> places{{
    {"contact_page", {"a page for contacts", "una página de contacto"}},
    {"contact_block", {"a block of contact data", "un bloque de datos de contacto"}},
    {"imprint", {"the imprint", "el aviso legal"}},
    {"footer", {"the foot of the site's pages", "el pie de las páginas del sitio"}},
    {"header", {"the head or menu of the site's pages", "la cabecera o el menú de las páginas del sitio"}},
    {"press_contact", {"a contact for the press", "un contacto de prensa"}},
}};

// In the order of Region.
constexpr std::array<Sentence, 7> regions{{{"page", "página"},
                                           {"header", "cabecera"},
                                           {"navigation", "menú"},
                                           {"main part", "parte principal"},
                                           {"article", "artículo"},
                                           {"aside", "columna lateral"},
                                           {"footer", "pie"}}};

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

template <std::size_t N>
std::string in_words(const std::array<Words, N>& table, std::string_view key, ReasonLanguage language) {
  for (const Words& each : table)
    if (each.key == key) return std::string(in(language, each.words));
  return std::string(key);
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

bool was_decoded(std::string_view form) {
  return std::any_of(codings.begin(), codings.end(), [form](const Words& each) { return each.key == form; });
}

std::string where_text(const Where& where, ReasonLanguage language) {
  const auto say = [&](std::string_view english, std::string_view spanish) {
    return in(language, Sentence{english, spanish});
  };
  std::string out(in(language, regions.at(static_cast<std::size_t>(where.place.region))));
  if (!where.heading.empty()) out.append(say(", under '", ", bajo '")).append(where.heading).append(1, '\'');
  if (where.place.hidden) out += say(", hidden", ", oculta");
  if (where.place.visitor) out += say(", in visitors' comments", ", en comentarios de visitantes");
  if (where.place.struck) out += say(", struck through", ", tachada");
  if (where.place.quoted) out += say(", in a quotation", ", en una cita");
  if (where.place.noscript) out += say(", for browsers without scripts", ", para navegadores sin scripts");
  return out;
}

std::string reason_text(const Reason& reason, ReasonLanguage language) {
  const auto sentence = [&] { return in(language, sentences.at(static_cast<std::size_t>(reason.code))); };
  switch (reason.code) {
    case ReasonCode::not_read: return failure_text(reason, language);
    case ReasonCode::decoded: return filled(sentence(), in_words(codings, reason.detail, language));
    case ReasonCode::contact_place: return filled(sentence(), in_words(places, reason.detail, language));
    default: return filled(sentence(), reason.where ? where_text(*reason.where, language) : reason.detail);
  }
}

}  // namespace portavoz
