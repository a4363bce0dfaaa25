// Whose an address is by its names.
#include "core/evidence/house.h"
#include "core/evidence/house_address.h"
#include "core/evidence/inspect.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("the house of an address is told by names alone", "[house]") {
  struct Row {
    std::string host, title, address;
    House house;
  };
  const auto row = GENERATE(values<Row>({
      {"www.north.example", "", "info@north.example", House::own},
      {"www.north.example", "", "info@lists.north.example", House::own},
      {"northside.example", "", "info@northside.org", House::like},
      {"theoldnorthside.example", "", "info@northside.org", House::like},
      {"northside.example", "", "northside@gmail.com", House::like},
      {"blog.example", "Asociación Ribera Baja", "info@riberabaja.org", House::like},
      {"blog.example", "Gärtnerei Süd", "gartnerei@web.de", House::like},
      {"north.example", "", "someone@gmail.com", House::provider},
      {"north.example", "", "someone@yahoo.com.ar", House::provider},
      {"north.example", "", "mayor@townhall.example", House::foreign},
      {"north.example.org", "", "info@south.example.org", House::foreign},
      {"www.north.example.org", "", "info@north.example.org", House::own},
      {"north.example.org", "", "info@south.example.com", House::foreign},
      {"northside.example", "", "northside@post.example.net", House::like},  // a provider that is in no list
      {"northside.example", "", "northside.council@post.example.net", House::foreign},
      {"sun.example", "Sun", "a@sun2.example", House::foreign},  // too short to mean anything
  }));
  INFO(row.host << ' ' << row.title << ' ' << row.address);
  CHECK(HouseNames(row.host, row.title).house_of(*MailAddress::parse(row.address)) == row.house);
}

TEST_CASE("names are compared by their letters", "[house]") {
  CHECK(name_letters("Geschäfts-Stelle Nº 3") == "geschaftsstellen3");
  CHECK(name_letters("Łódź, ŠKODA & Ørsted") == "lodzskodaorsted");
  CHECK(name_letters("Сад №5") == "Сад5");
}

TEST_CASE("the address of the house is found in whatever form the page shows it", "[house]") {
  struct Row {
    std::string name, html, found;
  };
  const auto row = GENERATE(values<Row>({
      {"link", "<a href='mailto:info@north.example'>x</a>", "info@north.example"},
      {"text", "<p>to info@north.example.", "info@north.example"},
      {"spelled", "<p>info (at) north (dot) example", "@north.example"},
      {"behind a proxy", "<a data-cfemail='016f6f416f6e7375692f6479606c716d64'>x</a>", "nn@north.example"},
      {"a mailbox provider", "<p>assembly@gmail.com", "assembly@gmail.com"},
      {"hidden", "<p hidden>info@north.example", ""},
      {"a stranger", "<p>info@south.example", ""},
      {"itself", "<p>mayor@townhall.example", ""},
  }));
  INFO(row.name);
  const auto page = parse_html("<!doctype html><body>" + row.html);
  REQUIRE(page);
  CHECK(house_address(*page, HouseNames("north.example", "x"), *MailAddress::parse("mayor@townhall.example"),
                      Lexicon::built_in()) == row.found);
}
