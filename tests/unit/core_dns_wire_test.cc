// DNS answers as octets, good ones and what a hostile server might send.
#include "core/dns/wire.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

std::string number(unsigned value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xFFU)};
}

std::string wire_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const auto label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return out + '\0';
}

const std::string pointer_to_question("\xC0\x0C", 2);

std::string record(const std::string& owner, unsigned type, const std::string& data, unsigned in_class = 1) {
  return owner + number(type) + number(in_class) + std::string(4, '\0') +
         number(static_cast<unsigned>(data.size())) + data;
}

struct Packet {
  unsigned flags = 0x8180;  // QR RD RA, NOERROR
  std::vector<std::string> answers = {};
  unsigned count = 0;  // 0: as many as there are

  [[nodiscard]] std::string octets() const {
    const auto claimed = count == 0 ? static_cast<unsigned>(answers.size()) : count;
    std::string out = number(4711) + number(flags) + number(1) + number(claimed) + number(0) + number(0) +
                      wire_name("a.example") + number(16) + number(1);
    for (const auto& answer : answers) out += answer;
    return out;
  }
};

DnsAnswer read(const Packet& packet, DnsType type = DnsType::txt) {
  return read_dns_answer(packet.octets(), "A.Example.", type);
}

std::string txt(const std::string& text) { return static_cast<char>(text.size()) + text; }

}  // namespace

TEST_CASE("the character-strings of a TXT record are joined, the records are kept apart") {
  const auto answer = read(
      {.answers = {record(pointer_to_question, 16, txt("v=DKIM1; ") + txt("p=abc")),
                   record(pointer_to_question, 16, txt("second")), record(pointer_to_question, 16, "")}});
  REQUIRE(answer.found());
  CHECK(answer.value().values == std::vector<std::string>{"v=DKIM1; p=abc", "second", ""});
  CHECK_FALSE(answer.value().authentic);
}

TEST_CASE("addresses, names and preferences are read as text") {
  const std::string ours = wire_name("a.example");
  CHECK(read({.answers = {record(ours, 1, {"\xC0\x00\x02\x01", 4})}}, DnsType::a).value().values.at(0) ==
        "192.0.2.1");
  CHECK(read({.answers = {record(ours, 28,
                                 std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') + "\x01")}},
             DnsType::aaaa)
            .value()
            .values.at(0) == "2001:db8::1");
  CHECK(read({.answers = {record(ours, 12, wire_name("Host.Example"))}}, DnsType::ptr).value().values.at(0) ==
        "host.example");
  const auto mx =
      read({.answers = {record(ours, 15, number(20) + std::string("\x02m2", 3) + pointer_to_question),
                        record(ours, 15, number(10) + wire_name("m1.example"))}},
           DnsType::mx);
  CHECK(mx.value().values == std::vector<std::string>{"m1.example", "m2.a.example"});
}

TEST_CASE("a dot inside a label is not a dot between labels") {
  const auto answer =
      read({.answers = {record(wire_name("a.example"), 12, {"\x03x.y\x02z\x07\x00", 8})}}, DnsType::ptr);
  REQUIRE(answer.found());
  CHECK(answer.value().values.at(0) == "x\\.y.z\\007");
}

TEST_CASE("AD says that an answer is authentic") {
  CHECK(read({.flags = 0x81A0, .answers = {record(pointer_to_question, 16, txt("x"))}}).value().authentic);
}

TEST_CASE("aliases are followed inside an answer, and records of other names are not believed") {
  const std::string other = wire_name("b.example");
  const auto followed =
      read({.answers = {record(pointer_to_question, 5, other), record(other, 16, txt("by alias"))}});
  REQUIRE(followed.found());
  CHECK(followed.value().values == std::vector<std::string>{"by alias"});
  CHECK(read({.answers = {record(other, 16, txt("not asked"))}}).absent());
  CHECK(read({.answers = {record(pointer_to_question, 16, txt("chaos"), 3)}}).absent());
  CHECK(read({.answers = {record(pointer_to_question, 5, pointer_to_question)}}).unavailable());
}

TEST_CASE("no such name and no such record are absent, every other code is unavailable") {
  CHECK(read({.flags = 0x8183}).absent());
  CHECK(read({}).absent());
  CHECK(read({.flags = 0x8182}).unavailable());  // SERVFAIL
  CHECK(read({.flags = 0x8185}).unavailable());  // REFUSED
  CHECK(
      read({.flags = 0x8380, .answers = {record(pointer_to_question, 16, txt("cut"))}}).unavailable());  // TC
}

TEST_CASE("an answer that does not read is unavailable") {
  struct Row {
    const char* name;
    std::string answer;
    DnsType type = DnsType::txt;
  };
  const auto row = GENERATE(values<Row>({
      {"a pointer to itself", record({"\xC0\x1B", 2}, 16, txt("x"))},
      {"a pointer past the end", record({"\xFF\xFF", 2}, 16, txt("x"))},
      {"a pointer onwards", record({"\xC0\x1D", 2}, 16, txt("x"))},
      {"a label of an unknown kind", record({"\x41x\x00", 3}, 16, txt("x"))},
      {"a string longer than its record", record(pointer_to_question, 16, "\x05x")},
      {"a record longer than the packet",
       pointer_to_question + number(16) + number(1) + std::string(4, '\0') + number(9)},
      {"a record cut in its head", pointer_to_question + number(16)},
      {"an address of three octets", record(pointer_to_question, 1, "abc"), DnsType::a},
      {"an IPv6 address of four octets", record(pointer_to_question, 28, "abcd"), DnsType::aaaa},
      {"a name that goes on after its record", record(pointer_to_question, 12, "\x01").append("x\0", 2),
       DnsType::ptr},
      {"a name that ends before its record", record(pointer_to_question, 12, {"\x01x\0zz", 5}), DnsType::ptr},
      {"an MX without a name", record(pointer_to_question, 15, number(10)), DnsType::mx},
  }));
  DYNAMIC_SECTION(row.name) { CHECK(read({.answers = {row.answer}}, row.type).unavailable()); }
}

TEST_CASE("more answers announced than there are is unavailable") {
  CHECK(read({.answers = {record(pointer_to_question, 16, txt("x"))}, .count = 2}).unavailable());
}

TEST_CASE("an answer cut anywhere never reads past its end") {
  const std::string whole =
      Packet{.answers = {record(pointer_to_question, 5, wire_name("b.example")),
                         record(wire_name("b.example"), 15, number(1) + pointer_to_question)}}
          .octets();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK(read_dns_answer(std::string(whole, 0, length), "a.example", DnsType::mx).unavailable());
  }
  CHECK(read_dns_answer(whole, "a.example", DnsType::mx).found());
}

TEST_CASE("compression cannot make an answer larger than its bound") {
  Packet packet;
  std::string host;
  for (int i = 0; i < 3; ++i) host += std::string(60, 'x') + '.';
  packet.answers.push_back(record(pointer_to_question, 15, number(1) + wire_name(host + "example")));
  for (int i = 0; i < 1000; ++i)
    packet.answers.push_back(record(pointer_to_question, 15, number(1) + std::string("\xC0\x29", 2)));
  CHECK(read(packet, DnsType::mx).unavailable());
}
