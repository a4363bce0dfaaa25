#include <filesystem>

#include "adapters/shelf/shelf.h"
#include "tests/admin/program.h"

using namespace portavoz::test;

namespace {

// A desk whose shelf holds one post, and a list manager that writes down what it gets.
class ShelfDesk : public Desk {
 public:
  // `list_manager`: a line of shell; empty: the post came by LMTP.
  explicit ShelfDesk(const std::string& list_manager) {
    auto shelf = must(portavoz::Shelf::open(held(), {10, 1 << 20}));
    portavoz::HeldPost post;
    post.list = list_address;
    post.recipient = "noticias@listas.example";
    post.sender = "norte@example.org";
    post.queue_id = "4Bx9";
    post.reason = "unsealed";
    post.detail = "not-proven: no login, and no signature by a domain that counts";
    post.contact = "norte@example.org";
    post.from = "Norte <norte@example.org>";
    post.subject = "Asamblea el viernes";
    post.message_id = "<9@norte.example>";
    if (!list_manager.empty()) post.argv = {"/bin/sh", "-c", list_manager};
    id = must(shelf.put(post,
                        "From: Norte <norte@example.org>\nSubject: Asamblea el viernes\n\nHola\x1b[31m\n",
                        portavoz::Instant(portavoz::Seconds(1'800'000'000))));
  }
  std::string id;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a held post is listed and shown, and cannot steer the terminal") {
  ShelfDesk desk("true");
  const auto entry = desk.ask({"held", "list"}).at("held").at(0);
  CHECK(entry.at("id") == desk.id);
  CHECK(entry.at("subject") == "Asamblea el viernes");
  CHECK(entry.at("held_at") == "2027-01-15T08:00:00Z");
  CHECK(has(desk.run({"held", "list"}).out, desk.id));
  const Ran shown = desk.run({"held", "show", desk.id});
  CHECK(shown.status == 0);
  CHECK(has(shown.out, "From (proves nothing)  Norte <norte@example.org>"));
  CHECK(has(shown.out, "unsealed: "));
  CHECK(has(shown.out, "\nHola [31m\n"));
  CHECK(has(shown.out, "Next: `portavoz held release " + desk.id));
  CHECK(has(desk.ask({"held", "show", desk.id}).at("held").at("message").get<std::string>(), "Hola"));
}

TEST_CASE("posts in a designated contact's name stand apart from strangers' posts, and first") {
  ShelfDesk desk("true");
  auto shelf = must(portavoz::Shelf::open(desk.held(), {10, 1 << 20}));
  portavoz::HeldPost spam;
  spam.list = list_address;
  spam.queue_id = "4Spam";
  spam.reason = "seal-forged";
  spam.detail = "not-designated: x@evil.example is designated by nobody";
  spam.from = "x@evil.example";
  spam.argv = {"/bin/true"};
  const std::string older = must(shelf.put(spam, "\n", portavoz::Instant(portavoz::Seconds(1'700'000'000))));
  const auto held = desk.ask({"held", "list"}).at("held");
  REQUIRE(held.size() == 2);
  CHECK(held.at(0).at("id") == desk.id);
  CHECK(held.at(0).at("contact") == "norte@example.org");
  CHECK(held.at(1).at("contact").is_null());
  const std::string out = desk.run({"held", "list"}).out;
  const auto theirs = out.find("In the name of a designated contact:\n");
  const auto strangers = out.find("By strangers:\n");
  REQUIRE(theirs != std::string::npos);
  REQUIRE(strangers != std::string::npos);
  CHECK(theirs < out.find(desk.id));
  CHECK(out.find(desk.id) < strangers);
  CHECK(strangers < out.find(older));
  CHECK(has(out, "not-proven"));  // the rule, beside the reason
  CHECK(has(out, "not-designated"));
  CHECK(has(desk.run({"held", "show", desk.id}).out, "in the name of         norte@example.org"));
}

TEST_CASE("a post that came by LMTP is released by LMTP, where the configuration says") {
  ShelfDesk desk("");
  const std::string before = desk.everything();
  const Ran nowhere = desk.run({"held", "release", desk.id, "--reason", "it is theirs"});
  CHECK(nowhere.status == 65);
  CHECK(has(nowhere.err, "door.lmtp_next_hop"));
  CHECK(desk.everything() == before);
  CHECK(desk.ask({"held", "list"}).at("held").size() == 1);
}

TEST_CASE("a released post goes to the list manager and stands in the history") {
  const TemporaryDirectory readers;
  ShelfDesk desk("cat > " + readers.path("got"));
  const Ran released = desk.run({"held", "release", desk.id, "--reason", "it is theirs"});
  INFO(released.err);
  CHECK(released.status == 0);
  CHECK(has(read_text(readers.path("got")), "Subject: Asamblea el viernes"));
  CHECK(desk.ask({"held", "list"}).at("held").empty());
  const auto newest = desk.ask({"log", "--limit", "1"}).at("history").at(0);
  CHECK(newest.at("actor") == "alba");
  CHECK(newest.at("detail").dump().find("it is theirs") != std::string::npos);
  CHECK(desk.run({"held", "release", desk.id, "--reason", "again"}).status == 66);
}

TEST_CASE("a list manager that refuses leaves the post on the shelf and nothing in the history") {
  ShelfDesk desk("echo no such list >&2; exit 3");
  const std::string before = desk.everything();
  const Ran result = desk.run({"held", "release", desk.id, "--reason", "it is theirs"});
  CHECK(result.status == 69);
  CHECK(has(result.err, "The list manager /bin/sh ended with status 3 and said: no such list"));
  CHECK(has(result.err, "stays on the shelf"));
  CHECK(desk.everything() == before);
  CHECK(desk.ask({"held", "list"}).at("held").size() == 1);
}

TEST_CASE("nobody releases or drops a post without an account and a reason") {
  const TemporaryDirectory readers;
  ShelfDesk desk("cat > " + readers.path("got"));
  const std::string before = desk.everything();
  for (const char* action : {"release", "drop"}) {
    CAPTURE(action);
    CHECK(desk.run({"held", action, desk.id, "--reason", "mine"}, "carla").status == 77);
    CHECK(desk.run({"held", action, desk.id, "--reason", " "}).status == 65);
    CHECK(desk.run({"held", action, "0000ffff", "--reason", "x"}).status == 66);
    CHECK(desk.run({"held", action, "../../etc", "--reason", "x"}).status == 66);
  }
  CHECK(desk.everything() == before);
  CHECK_FALSE(std::filesystem::exists(readers.path("got")));
  CHECK(desk.ask({"held", "list"}).at("held").size() == 1);
}

TEST_CASE("a dropped post is gone, with who and why in the history") {
  ShelfDesk desk("true");
  CHECK(desk.run({"held", "drop", desk.id, "--reason", "advertising"}).status == 0);
  CHECK(desk.ask({"log", "--limit", "1"}).at("history").at(0).at("detail").dump().find("advertising") !=
        std::string::npos);
  const Ran empty = desk.run({"held", "list"});
  CHECK(has(empty.out, "No post is held."));
}

TEST_CASE("a shelf that is not there is said, not made") {
  Desk desk;
  const Ran result = desk.run({"held", "list"});
  CHECK(result.status == 66);
  CHECK(has(result.err, "There is no shelf of held posts at " + desk.held()));
  CHECK_FALSE(std::filesystem::exists(desk.held()));
}
