#include <string>
#include <utility>
#include <vector>

#include "core/seal/seal.h"
#include "tests/lib/catch.h"

using portavoz::Instant;
using portavoz::Seal;
using portavoz::SealFacts;
using portavoz::Seconds;

namespace {

const std::string signature = std::string(86, 'A') + "==";
const std::string seal_value =
    "v=1; k=0123456789abcdef; l=avisos@listas.example; t=1795500000; "
    "n=000102030405060708090a0b0c0d0e0f; s=" +
    signature;

const std::string mark = "00112233445566778899aabbccddeeff";
const std::string other_mark = "ffeeddccbbaa99887766554433221100";

SealFacts facts() {
  return {"avisos@listas.example", " <1@example.org>", "info@example.org",
          std::string(32, '\x01'), {mark, other_mark}, Instant(Seconds(1795500000))};
}

std::string signed_text(const SealFacts& of) {
  return seal_text_to_sign(of, "0123456789abcdef", "000102030405060708090a0b0c0d0e0f");
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

}  // namespace

TEST_CASE("the signed text is exactly the documented one", "[seal]") {
  CHECK(signed_text(facts()) ==
        "portavoz-seal 1\n"
        "key 16 0123456789abcdef\n"
        "list 21 avisos@listas.example\n"
        "time 10 1795500000\n"
        "nonce 32 000102030405060708090a0b0c0d0e0f\n"
        "from 16 info@example.org\n"
        "message-id 15 <1@example.org>\n"
        "body 64 0101010101010101010101010101010101010101010101010101010101010101\n"
        "marks 65 00112233445566778899aabbccddeeff,ffeeddccbbaa99887766554433221100\n");
  SealFacts unmarked = facts();
  unmarked.marks.clear();
  CHECK(signed_text(unmarked).ends_with("0101\nmarks 0 \n"));
}

TEST_CASE("every fact changes the signed text, and a refolded Message-ID does not", "[seal]") {
  const std::string text = signed_text(facts());
  SealFacts other = facts();
  SECTION("list") { other.list = "otra@listas.example"; }
  SECTION("Message-ID") { other.message_id = "<2@example.org>"; }
  SECTION("no Message-ID") { other.message_id = ""; }
  SECTION("From") { other.from = "nadie@example.org"; }
  SECTION("body") { other.body_sha256 = std::string(32, '\x02'); }
  SECTION("time") { other.time += Seconds(1); }
  SECTION("one mark less") { other.marks.pop_back(); }
  SECTION("another order of the marks") { std::swap(other.marks[0], other.marks[1]); }
  SECTION("a line end in From cannot make another line") {
    other.from = "x\nmessage-id 15 <1@example.org>";
    CHECK(signed_text(other).find("from 31 x\n") != std::string::npos);
  }
  CHECK(signed_text(other) != text);
  SealFacts folded = facts();
  folded.message_id = "\r\n\t<1@\n example.org> ";
  CHECK(signed_text(folded) == text);
}

TEST_CASE("a seal can be read back from its field", "[seal]") {
  const std::string list = GENERATE(as<std::string>{}, "avisos@listas.example", "\"a;b = c%\"@listas.example",
                                    "jos\xc3\xa9@listas.example");
  const std::vector<std::string> marks =
      GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{}, std::vector<std::string>{mark},
               std::vector<std::string>{mark, other_mark});
  const Seal seal{"0123456789abcdef", list, "000102030405060708090a0b0c0d0e0f", marks, signature,
                  Instant(Seconds(7))};
  const std::string text = format_seal(seal);
  CHECK(text.find_first_of("\r\n\"") == std::string::npos);
  for (const char c : text) CHECK((c >= 0x20 && c < 0x7f));
  const auto read = portavoz::parse_seal(text);
  REQUIRE(read);
  CHECK(read->key_id == seal.key_id);
  CHECK(read->list == list);
  CHECK(read->nonce == seal.nonce);
  CHECK(read->marks == marks);
  CHECK(read->signature == signature);
  CHECK(read->time == seal.time);
}

TEST_CASE("a post that has no marks has no u= in its seal", "[seal]") {
  Seal seal = portavoz::parse_seal(seal_value).value();
  CHECK(portavoz::format_seal(seal) == seal_value);
  seal.marks = {mark};
  CHECK(portavoz::format_seal(seal) == replaced(seal_value, "; s=", "; u=" + mark + "; s="));
}

TEST_CASE("a refolded seal is read as well", "[seal]") {
  const auto read = portavoz::parse_seal(" " + replaced(seal_value, "; n=", ";\r\n\tn=") + "\n");
  REQUIRE(read);
  CHECK(read->list == "avisos@listas.example");
}

TEST_CASE("a seal whose long parts a relay cut into two lines is read as well", "[seal]") {
  const std::string value = replaced(seal_value, "; s=", "; u=" + mark + "," + other_mark + "; s=");
  const auto read = portavoz::parse_seal(replaced(replaced(value, "77889", "77\r\n 889"), "AAAA", "AA\n AA"));
  REQUIRE(read);
  CHECK(read->marks == std::vector<std::string>{mark, other_mark});
  CHECK(read->signature == signature);
}

TEST_CASE("what is not exactly a seal is refused", "[seal]") {
  struct Row {
    const char* name;
    std::string text;
  };
  const auto row = GENERATE(values<Row>({
      {"nothing", ""},
      {"another version", replaced(seal_value, "v=1", "v=2")},
      {"no version", replaced(seal_value, "v=1; ", "")},
      {"another order", replaced(replaced(seal_value, "v=1; ", ""), "; l=", "; v=1; l=")},
      {"a part twice", seal_value + "; s=" + signature},
      {"a part more", seal_value + "; x=1"},
      {"a short key id", replaced(seal_value, "k=0", "k=")},
      {"an upper-case key id", replaced(seal_value, "abcdef;", "ABCDEF;")},
      {"a key id that is a path", replaced(seal_value, "0123456789abcdef", "../../../etc/abc")},
      {"a nonce that is a path",
       replaced(seal_value, "000102030405060708090a0b0c0d0e0f", "../../../../../../tmp/0123456789")},
      {"a short nonce", replaced(seal_value, "n=00", "n=")},
      {"u= without a mark", replaced(seal_value, "; s=", "; u=; s=")},
      {"a mark that is a path", replaced(seal_value, "; s=", "; u=../../../../../../../tmp/012345678; s=")},
      {"an upper-case mark", replaced(seal_value, "; s=", "; u=00112233445566778899AABBCCDDEEFF; s=")},
      {"an empty mark", replaced(seal_value, "; s=", "; u=" + mark + ",; s=")},
      {"marks after the signature", seal_value + "; u=" + mark},
      {"no list", replaced(seal_value, "avisos@listas.example", "")},
      {"a list with a blank", replaced(seal_value, "avisos@", "avi sos@")},
      {"a list with a needless escape", replaced(seal_value, "avisos@", "%61visos@")},
      {"a list with a broken escape", replaced(seal_value, "avisos@", "avisos%4")},
      {"a list with a lower-case escape", replaced(seal_value, "avisos@", "%c3@")},
      {"a negative time", replaced(seal_value, "t=1", "t=-1")},
      {"a time with a sign", replaced(seal_value, "t=1", "t=+1")},
      {"a time that fits no clock", replaced(seal_value, "t=1795500000", "t=18446744073709551615")},
      {"an empty time", replaced(seal_value, "1795500000", "")},
      {"a short signature", replaced(seal_value, "s=A", "s=")},
      {"a signature without padding", seal_value.substr(0, seal_value.size() - 2)},
      {"a signature that is not base64", replaced(seal_value, "s=A", "s=!")},
  }));
  DYNAMIC_SECTION(row.name) {
    const auto read = portavoz::parse_seal(row.text);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == portavoz::ErrorKind::bad_input);
  }
}
