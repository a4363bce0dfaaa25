#include <algorithm>

#include "core/dkim/reading.h"
#include "core/policy/marks.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const std::vector<Field> fields{{"From", " contact@north.example"}, {"Message-ID", " <1@north.example>"}};

// As a DKIM-Signature field's value, so that what its writer may change is changed there.
DkimSignature signature(const std::string& b, const std::string& bh = "Ym9keSBoYXNo",
                        const std::string& domain = "north.example",
                        const std::string& names = "from:message-id") {
  const auto read =
      read_signature("v=1; a=rsa-sha256; s=s1; d=" + domain + "; h=" + names + "; bh=" + bh + "; b=" + b);
  REQUIRE(read);
  return *read;
}

bool share(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  return std::any_of(some.begin(), some.end(), [&](const std::string& mark) {
    return std::find(others.begin(), others.end(), mark) != others.end();
  });
}

}  // namespace

TEST_CASE("a mark is 32 hexadecimal digits, the same each time", "[marks]") {
  const auto marks = marks_of({signature("Zmlyc3Q=")}, fields);
  REQUIRE(marks.size() == 2);
  for (const std::string& mark : marks) {
    CHECK(mark.size() == 32);
    CHECK(mark.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
  CHECK(marks[0] != marks[1]);
  CHECK(marks_of({signature("Zmlyc3Q=")}, fields) == marks);
}

TEST_CASE("who folds b= anew, drops its padding, or writes d= in capitals, changes no mark", "[marks]") {
  const auto marks = marks_of({signature("Zmlyc3Q=")}, fields);
  CHECK(marks_of({signature("Zml\r\n\tyc3\n Q=")}, fields) == marks);
  CHECK(marks_of({signature("Zmlyc3Q")}, fields) == marks);
  CHECK(marks_of({signature("Zmlyc3Q=", "Ym9k\n eSBoYXNo", "North.EXAMPLE", "From : Message-ID")}, fields) ==
        marks);
}

TEST_CASE("each signature has a mark of its own, in order and once", "[marks]") {
  const auto first = signature("Zmlyc3Q=", "Ym9keSBoYXNo", "north.example", "from");
  const auto second = signature("c2Vjb25k", "Ym9keSBoYXNo", "north.example", "from");
  const auto marks = marks_of({first, second, first}, fields);
  CHECK(marks ==
        std::vector<std::string>{marks_of({first}, fields).front(), marks_of({second}, fields).front()});
  CHECK(marks_of({}, fields).empty());
}

TEST_CASE("another domain's signature of the same octets has another mark", "[marks]") {
  CHECK_FALSE(share(marks_of({signature("Zmlyc3Q=")}, fields),
                    marks_of({signature("Zmlyc3Q=", "Ym9keSBoYXNo", "south.example")}, fields)));
}

TEST_CASE("a copy is known when one of its signatures was taken away", "[marks]") {
  const auto first = signature("Zmlyc3Q=", "Zmlyc3QgaGFzaA==");
  const auto second = signature("c2Vjb25k", "c2Vjb25kIGhhc2g=");
  const auto both = marks_of({first, second}, fields);
  CHECK(both.size() == 4);
  CHECK(share(both, marks_of({first}, fields)));
  CHECK(share(both, marks_of({second}, fields)));
}

TEST_CASE("the same post signed anew is known by its Message-ID and body", "[marks]") {
  const auto before = marks_of({signature("Zmlyc3Q=")}, fields);
  CHECK(share(before, marks_of({signature("c2Vjb25k")}, fields)));
  CHECK_FALSE(share(before, marks_of({signature("c2Vjb25k", "b3RoZXIgaGFzaA==")}, fields)));
  CHECK_FALSE(share(before, marks_of({signature("c2Vjb25k")}, {{"Message-ID", " <2@north.example>"}})));
  CHECK(share(before, marks_of({signature("c2Vjb25k")}, {{"message-id", "<1@north.example> "}})));
}

TEST_CASE("a Message-ID that is not signed, missing, or there twice, makes no mark", "[marks]") {
  CHECK(marks_of({signature("Zmlyc3Q=", "Ym9keSBoYXNo", "north.example", "from:to")}, fields).size() == 1);
  CHECK(marks_of({signature("Zmlyc3Q=")}, {fields[0]}).size() == 1);
  CHECK(marks_of({signature("Zmlyc3Q=")}, {fields[0], fields[1], fields[1]}).size() == 1);
}
