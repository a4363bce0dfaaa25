#include "adapters/psl/public_suffix.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("names below which strangers register are public suffixes, and what they register is none") {
  struct Row {
    const char* domain;
    bool suffix;
  };
  const auto row = GENERATE(values<Row>({
      {"uk", true},
      {"co.uk", true},
      {"north-assembly.co.uk", false},
      {"eu.org", true},
      {"barrio.eu.org", false},
      {"github.io", true},
      {"asamblea.github.io", false},
      {"xn--p1ai", true},
      {"example", true},
      {"asamblea.example", false},
      {"mail.asamblea.example", false},
  }));
  DYNAMIC_SECTION(row.domain) {
    const auto answer = is_public_suffix(row.domain);
    REQUIRE(answer);
    CHECK(*answer == row.suffix);
  }
}
