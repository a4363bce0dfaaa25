#include "core/evidence/contact_links.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

using Urls = std::vector<std::string>;

Urls from(const std::vector<std::pair<std::string, std::string>>& links, const std::string& url) {
  Page page;
  for (const auto& [href, text] : links) page.links.push_back({href, text, {}, {}, {}, {}});
  return contact_links(page, url, Lexicon::built_in());
}

}  // namespace

TEST_CASE("links that look like a page for contacts are followed first, then imprints", "[links]") {
  CHECK(from({{"/aviso", "Aviso legal"},
              {"/x", "Noticias"},
              {"/c?a=1#top", "Contacto"},
              {"kontakt.html", "Hier"}},
             "https://north.example.org/start/") == Urls{"https://north.example.org/c?a=1",
                                                         "https://north.example.org/aviso",
                                                         "https://north.example.org/start/kontakt.html"});
}

TEST_CASE("three are enough, each once, and never the page itself", "[links]") {
  CHECK(from({{"/a", "Contact"},
              {"/a#x", "Contact us"},
              {"/b", "Contact"},
              {"/c", "Contact"},
              {"/d", "Contact"},
              {"/", "Contact"}},
             "https://north.example.org/") ==
        Urls{"https://north.example.org/a", "https://north.example.org/b", "https://north.example.org/c"});
}

TEST_CASE("only the same site is followed, and on a shared one only the same host", "[links]") {
  CHECK(from({{"https://www.example.org/contact", "Contact"},
              {"https://other.example/contact", "Contact"},
              {"mailto:a@example.org", "Contact"},
              {"javascript:contact()", "Contact"},
              {"ftp://example.org/contact", "Contact"},
              {"http://u:p@example.org/contact", "Contact"}},
             "https://example.org/") == Urls{"https://www.example.org/contact"});
  CHECK(from({{"https://another.github.io/contact", "Contact"}, {"/contact", "Contact"}},
             "https://north.github.io/") == Urls{"https://north.github.io/contact"});
}

TEST_CASE("a sentence that holds the word is no link to such a page", "[links]") {
  CHECK(from({{"/news/12", "They tried to contact the mayor for weeks and nobody answered, says the board"}},
             "https://example.org/")
            .empty());
}
