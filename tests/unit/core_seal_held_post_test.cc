#include <string>

#include "core/seal/held_post.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

HeldPost example() {
  HeldPost post;
  post.id = "0badcafe";
  post.list = "avisos@listas.example";
  post.recipient = "avisos+x@listas.example";
  post.sender = "";
  post.queue_id = "4XYZ";
  post.reason = "unsealed";
  post.detail = "dkim-failed: no key";
  post.contact = "info@example.org";
  post.message_id = "<1@example.org>";
  post.from = "\"Jos\xc3\xa9\"\n <x@example.org>";
  post.subject = "100% \xff\r\nargv /bin/sh";
  post.body_sha256 = "00ff";
  post.time = Instant(Seconds(1795500000));
  post.size = 123;
  post.argv = {"/usr/bin/mlmmj-receive", "-L", "/var/spool/a list", ""};
  return post;
}

}  // namespace

TEST_CASE("the record of a held post is read back as it was, whatever a stranger wrote", "[held]") {
  const HeldPost post = example();
  const auto read = parse_held_post(format_held_post(post));
  REQUIRE(read);
  CHECK(read->id == post.id);
  CHECK(read->list == post.list);
  CHECK(read->recipient == post.recipient);
  CHECK(read->sender == post.sender);
  CHECK(read->queue_id == post.queue_id);
  CHECK(read->reason == post.reason);
  CHECK(read->detail == post.detail);
  CHECK(read->contact == post.contact);
  CHECK(read->message_id == post.message_id);
  CHECK(read->from == post.from);
  CHECK(read->subject == post.subject);
  CHECK(read->body_sha256 == post.body_sha256);
  CHECK(read->time == post.time);
  CHECK(read->size == post.size);
  CHECK(read->argv == post.argv);
}

TEST_CASE("a broken record is refused", "[held]") {
  std::string text = format_held_post(example());
  SECTION("another version") { text.replace(0, 15, "portavoz-held 2"); }
  SECTION("cut off") { text.resize(text.size() - 3); }
  SECTION("an unknown fact") { text += "owner root\n"; }
  SECTION("a line that is no fact") { text += "hello\n"; }
  SECTION("a time that is no number") { text += "time now\n"; }
  SECTION("a time that no calendar has") { text += "time 18446744073709551615\n"; }
  SECTION("a broken escape") { text += "subject 100%2\n"; }
  SECTION("nothing") { text.clear(); }
  CHECK_FALSE(parse_held_post(text));
}

TEST_CASE("a second try of one delivery is recognised and another message is not", "[held]") {
  const HeldPost post = example();
  HeldPost again = post;
  again.time += Seconds(300);
  again.id.clear();
  CHECK(same_delivery(post, again));
  SECTION("another queue id") { again.queue_id = "4XYA"; }
  SECTION("another body under a queue id that the server used again") { again.body_sha256 = "01"; }
  SECTION("another subject") { again.subject = "x"; }
  SECTION("another list") { again.list = "otra@listas.example"; }
  CHECK_FALSE(same_delivery(post, again));
}
