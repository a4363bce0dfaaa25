#include "adapters/lmdb/record.h"
#include "core/base/text.h"
#include "tests/lib/catch.h"

using namespace portavoz;
using namespace portavoz::lmdb;

namespace {

GuardedList a_list() {
  return {7, "avisos@l.example", {"es", "en"}, "a@l.example", {"avisos@l.example", "n@l.example"}, true};
}

Designation a_contact() {
  return {3, 5, "Norte", "n@x.example", {{"log", ""}, {"x.example"}, true, false}, true};
}

std::vector<std::string> in_hex(const std::vector<Record>& records) {
  std::vector<std::string> lines;
  for (const Record& record : records) lines.push_back(to_hex(record.key) + " " + to_hex(record.value));
  return lines;
}

std::string octets(std::string_view hex) {
  auto octets = from_hex(hex);
  REQUIRE(octets);
  return *octets;
}

// Everything that `decode` must refuse: each beginning of the value, and the value with an octet behind it.
template <typename Decode>
void check_exact(const std::string& value, const Decode& decode) {
  REQUIRE(decode(value));
  for (std::size_t size = 0; size < value.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decode(value.substr(0, size)));
  }
  CHECK_FALSE(decode(value + '\0'));
}

}  // namespace

TEST_CASE("the records of format 2 are these octets", "[lmdb]") {
  RollContents contents;
  contents.lists = {a_list()};
  contents.contacts = {{7, a_contact()}};
  contents.marks = {{7, "ab12"}};
  contents.seal_keys = {{"k1", std::string(32, 'K')}};
  const auto records = encode(contents);
  REQUIRE(records);
  const std::string seven = "0000000000000007";
  const std::string avisos = to_hex("avisos");
  const std::string at_l = to_hex("@l.example");
  CHECK(in_hex(*records) ==
        std::vector<std::string>{
            to_hex("A") + avisos + at_l + " " + seven,
            to_hex("An") + at_l + " " + seven,
            to_hex("C") + seven + to_hex("n@x.example") + " " + "0000000000000003" + "0000000000000005" +
                "05" + "0005" + to_hex("Norte") + "0002" + "0003" + to_hex("log") + "0000" + "0001" + "0009" +
                to_hex("x.example"),
            to_hex("Dl.example") + " ",
            to_hex("L") + seven + " " + "01" + "0010" + avisos + at_l + "000b" + to_hex("a") + at_l + "0002" +
                "0002" + to_hex("es") + "0002" + to_hex("en") + "0002" + "0010" + avisos + at_l + "000b" +
                to_hex("n") + at_l,
            to_hex("M") + seven + to_hex("ab12") + " ",
            to_hex("P") + avisos + " " + seven,
            to_hex("Pn") + " " + seven,
            to_hex("Sk1") + " " + to_hex(std::string(32, 'K')),
        });
  CHECK(to_hex(encode(Heading{roll_format, Instant(Seconds(1795500000))})) ==
        to_hex("PVZ-ROLL") + "0002" + "000000006b0527e0" + "00" + "0000000000000000");
  LastWord of_roster(Instant(Seconds(1795500000)));
  of_roster.of_roster = true;
  CHECK(to_hex(encode(Heading{roll_format, of_roster})) ==
        to_hex("PVZ-ROLL") + "0002" + "000000006b0527e0" + "01" + "0000000000000000");
  of_roster.valid_until = Instant(Seconds(1795500001));
  CHECK(to_hex(encode(Heading{roll_format, of_roster})) ==
        to_hex("PVZ-ROLL") + "0002" + "000000006b0527e0" + "03" + "000000006b0527e1");
  CHECK(decode_heading(encode(Heading{roll_format, of_roster}))->last_word == of_roster);
  CHECK(heading_key() == std::string(1, '\0'));
}

TEST_CASE("a list and a contact come back as they were", "[lmdb]") {
  RollContents contents;
  contents.lists = {a_list()};
  contents.contacts = {{-2, a_contact()}};
  const auto records = encode(contents);
  REQUIRE(records);
  for (const Record& record : *records) {
    if (record.key == list_key(7)) {
      const auto list = decode_list(7, record.value);
      REQUIRE(list);
      CHECK(list->id == 7);
      CHECK(list->posting_address == "avisos@l.example");
      CHECK(list->languages == std::vector<std::string>{"es", "en"});
      CHECK(list->admin_address == "a@l.example");
      CHECK(list->addresses == a_list().addresses);
      CHECK(list->holds_unproven);
    }
    if (record.key == contact_key(-2, "n@x.example")) {
      const auto contact = decode_contact("n@x.example", record.value);
      REQUIRE(contact);
      CHECK(contact->contact_id == 3);
      CHECK(contact->decision_id == 5);
      CHECK(contact->assembly == "Norte");
      CHECK(contact->address == "n@x.example");
      CHECK(contact->proof.logins == std::vector<std::string>{"log", ""});
      CHECK(contact->proof.signing_domains == std::vector<std::string>{"x.example"});
      CHECK(contact->proof.spf);
      CHECK_FALSE(contact->proof.shared);
      CHECK(contact->domain_gone);
    }
  }
  CHECK(records->size() == 7);
}

TEST_CASE("octets of another form are no record", "[lmdb]") {
  RollContents contents;
  contents.lists = {a_list()};
  contents.contacts = {{7, a_contact()}};
  const auto records = encode(contents);
  REQUIRE(records);
  for (const Record& record : *records) {
    CAPTURE(to_hex(record.key));
    if (record.key == list_key(7))
      check_exact(record.value, [](const std::string& value) { return decode_list(7, value).has_value(); });
    if (record.key.front() == 'C')
      check_exact(record.value,
                  [](const std::string& value) { return decode_contact("n@x.example", value).has_value(); });
    if (record.key.front() == 'A')
      check_exact(record.value, [](const std::string& value) { return decode_list_id(value).has_value(); });
  }
  check_exact(encode(Heading{roll_format, Instant(Seconds(1))}),
              [](const std::string& value) { return decode_heading(value).has_value(); });
  CHECK_FALSE(decode_seal_key(std::string(31, 'K')));
  CHECK_FALSE(decode_seal_key(std::string(33, 'K')));
  // Flags that nobody gave a meaning, and a count of texts that the octets cannot hold.
  CHECK_FALSE(decode_list(7, octets("02"
                                    "0000"
                                    "0000"
                                    "0000"
                                    "0000")));
  CHECK(decode_list(7, octets("00"
                              "0000"
                              "0000"
                              "0000"
                              "0000")));
  CHECK_FALSE(decode_list(7, octets("00"
                                    "0000"
                                    "0000"
                                    "ffff"
                                    "0000")));
}

TEST_CASE("how far a roll has followed a register reads back, and nothing shorter does", "[lmdb]") {
  const Following following{{"7/00000001/16385/17191", "100:105:100,103"}, {1, 2, 3, 4}};
  const std::string value = encode(following);
  CHECK(to_hex(value.substr(0, 34)) ==
        "0000000000000001000000000000000200000000000000030000000000000004"
        "0016");
  const auto read = decode_following(value);
  REQUIRE(read);
  CHECK(read->position == following.position);
  CHECK(read->counts == following.counts);
  for (std::size_t length = 0; length < 34 + following.position.source.size(); ++length)
    CHECK_FALSE(decode_following(value.substr(0, length)));
}

TEST_CASE("a heading of another format gives its number alone", "[lmdb]") {
  const auto later = decode_heading("PVZ-ROLL" + octets("0203"
                                                        "ffff"));
  REQUIRE(later);
  CHECK(later->format == 0x203);
  CHECK_FALSE(decode_heading("PVZ-ROLM" + octets("0002"
                                                 "0000000000000000"
                                                 "00"
                                                 "0000000000000000")));
  // The heading of format 1 was shorter: what stands there is not taken for a word of ours.
  const auto earlier = decode_heading("PVZ-ROLL" + octets("0001"
                                                          "000000006b0527e0"));
  REQUIRE(earlier);
  CHECK(earlier->format == 1);
  CHECK_FALSE(decode_heading("PVZ-ROLL" + octets("0002"
                                                 "000000006b0527e0"
                                                 "04"
                                                 "0000000000000000")));
}

TEST_CASE("of two lists with one address the first has it", "[lmdb]") {
  RollContents contents;
  contents.lists = {{2, "b@l.example", {}, "", {"b@l.example", "same@l.example"}, false},
                    {1, "a@l.example", {}, "", {"a@l.example", "same@l.example"}, false}};
  const auto records = encode(contents);
  REQUIRE(records);
  std::size_t seen = 0;
  for (const Record& record : *records)
    if (record.key == address_key("same@l.example")) {
      ++seen;
      CHECK(decode_list_id(record.value) == 2);
    }
  CHECK(seen == 1);
}

TEST_CASE("contents that no record can hold are refused, and the refusal names them", "[lmdb]") {
  RollContents contents;
  contents.contacts = {{7, a_contact()}};
  contents.contacts.front().designation.assembly = std::string(65535, 'x');
  CHECK(encode(contents));
  contents.contacts.front().designation.assembly += 'x';
  REQUIRE_FALSE(encode(contents));
  CHECK(encode(contents).error().what.find("the contact n@x.example") != std::string::npos);

  contents = {};
  contents.lists = {
      {1, std::string(600, 'l') + "@l.example", {}, "", {std::string(600, 'l') + "@l.example"}, false}};
  REQUIRE_FALSE(encode(contents));
  CHECK(encode(contents).error().kind == ErrorKind::bad_input);

  contents = {};
  contents.seal_keys = {{"k1", "short"}};
  REQUIRE_FALSE(encode(contents));
  CHECK(encode(contents).error().what.find("k1") != std::string::npos);
}
