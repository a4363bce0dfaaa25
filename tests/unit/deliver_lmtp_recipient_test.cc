#include <string>

#include "core/policy/memory_roll.h"
#include "deliver/lmtp_recipient.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

using Kind = LmtpRecipient::Kind;

MemoryRoll a_roll() {
  RollContents contents;
  contents.lists = {{1,
                     "avisos@listas.example",
                     {"es"},
                     "admin@listas.example",
                     {"avisos@listas.example", "noticias@listas.example"},
                     false}};
  return MemoryRoll(contents);
}

std::vector<MailAddress> always() { return {MailAddress::parse("nueva@listas.example").value()}; }

std::string shown(const LmtpRecipient& to) {
  switch (to.kind) {
    case Kind::post: return "post to " + to.list + " by " + to.next_hop;
    case Kind::command: return "command to " + to.list + " by " + to.next_hop;
    case Kind::other: return "other by " + to.next_hop;
    case Kind::no_address: return "no address";
    case Kind::unknown: return "unknown";
  }
  return "";
}

}  // namespace

TEST_CASE("a recipient of the LMTP door is read as Mailman reads it", "[lmtp]") {
  struct Row {
    std::string recipient;
    std::string kind;
  };
  const std::string post = "post to avisos@listas.example by avisos@listas.example";
  const auto row = GENERATE_COPY(values<Row>({
      {"avisos@listas.example", post},
      {"Avisos@Listas.Example", post},
      {"\"avisos\"@listas.example", post},
      {"noticias@listas.example", post},
      {"avisos+x@listas.example", post},
      {"avisos+subscribe@listas.example", post},  // Mailman takes it for a post, whatever follows the plus
      {"avisos+owner+x@listas.example", post},
      {"avisos-owner@listas.example", "command to avisos@listas.example by avisos-owner@listas.example"},
      {"AVISOS-Request@listas.example", "command to avisos@listas.example by avisos-request@listas.example"},
      {"noticias-join@listas.example", "command to avisos@listas.example by avisos-join@listas.example"},
      {"avisos-confirm+0a1b@listas.example",
       "command to avisos@listas.example by avisos-confirm+0a1b@listas.example"},
      {"avisos-bounces+ana=x.example@listas.example",
       "command to avisos@listas.example by avisos-bounces+ana=x.example@listas.example"},
      {"avisos-x@listas.example", "other by avisos-x@listas.example"},
      {"otra-owner@listas.example", "other by otra-owner@listas.example"},
      {"-owner@listas.example", "other by -owner@listas.example"},
      {"+avisos@listas.example", "other by +avisos@listas.example"},
      {"avisos@otra.example", "unknown"},  // Mailman may take that domain for the list's
      {"avisos+x@otra.example", "unknown"},
      {"avisos-owner@otra.example", "other by avisos-owner@otra.example"},
      {"otra@otra.example", "other by otra@otra.example"},
      {"\"x <avisos@listas.example>\"@otra.example", "no address"},
      {"Otra@Listas.Example", "other by Otra@Listas.Example"},
      {"nueva@listas.example", "unknown"},
      {"nueva+x@listas.example", "unknown"},
      {"avisos", "no address"},
      {"@relay.example:avisos@listas.example", "no address"},
      {"avisos@[192.0.2.1]", "no address"},
      {"\xe2\x84\xaavisos@listas.example", "no address"},  // a Kelvin sign, which lower() makes a k
      {"avisos@listas.example>x", "no address"},
  }));
  DYNAMIC_SECTION(row.recipient) {
    CHECK(shown(lmtp_recipient(row.recipient, a_roll(), always())) == row.kind);
  }
}

TEST_CASE("without a roll no recipient can be known", "[lmtp]") {
  for (const char* recipient : {"avisos@listas.example", "avisos-owner@listas.example", "x@y.example"})
    CHECK(shown(lmtp_recipient(recipient, NoRoll(), {})) == "unknown");
}

TEST_CASE("one delivery of the mail server has one name, however often it is tried", "[lmtp]") {
  const std::string received =
      "Received: from a.example (a.example [192.0.2.1])\n\tby mx.example (Postfix) with ESMTPS id "
      "4dXk5z1Jz2\n"
      "\tfor <avisos@listas.example>; Mon, 23 Nov 2026 09:00:00 +0000 (UTC)\n";
  const std::string id = lmtp_queue_id(received + "From: a@b.example\n\nx\n");
  CHECK(id.substr(0, 11) == "4dXk5z1Jz2.");
  CHECK(id.size() == 27);
  CHECK(lmtp_queue_id("Delivery-date: another day\n" + received + "From: a@b.example\n\nx\n") == id);
  CHECK(lmtp_queue_id("Received: by mx.example; later\n" + received) != id);
  CHECK(lmtp_queue_id("Received: by mx.example; later\n" + received).substr(0, 5) == "lmtp.");
  CHECK(lmtp_queue_id("From: a\n\nx\n") != lmtp_queue_id("From: a\n\ny\n"));
  CHECK(lmtp_queue_id("Received: id a\x01\xff" + std::string(100, 'x') + " \n\n").size() <= 60);
}
