#include "adapters/shelf/shelf.h"

#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

const Instant noon{Seconds(1795500000)};
const std::string mail = "Portavoz-Proof: login\nFrom: x@example.org\nDelivered-To: evil\n\nbody\n";

HeldPost post(const std::string& queue_id = "4XYZ") {
  HeldPost held;
  held.list = "avisos@listas.example";
  held.recipient = "avisos+x@listas.example";
  held.sender = "x@example.org";
  held.queue_id = queue_id;
  held.reason = "unsealed";
  held.contact = "info@example.org";
  held.body_sha256 = "00";
  held.argv = {"/bin/true", "an argument"};
  return held;
}

Shelf open(const TempDir& dir, ShelfLimits limits = {10, 100000}) {
  auto shelf = Shelf::open(dir / "held", limits);
  REQUIRE(shelf);
  return std::move(*shelf);
}

void make_old(const std::string& path) {
  const struct timespec old[2] = {{noon.time_since_epoch().count() - 7200, 0},
                                  {noon.time_since_epoch().count() - 7200, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
}

}  // namespace

TEST_CASE("a post that is kept can be found, read octet by octet, and dropped", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  const std::string octets = std::string("a\r\nb\0c\xff\n\n", 10);
  const auto id = shelf.put(post(), octets, noon);
  REQUIRE(id);
  CHECK(id->size() == 8);
  const auto found = shelf.find(*id);
  REQUIRE(found);
  CHECK(found->reason == "unsealed");
  CHECK(found->size == octets.size());
  CHECK(found->time == noon);
  CHECK(found->argv == post().argv);
  CHECK(shelf.octets(*id).value() == octets);
  REQUIRE(shelf.remove(*id));
  CHECK(shelf.find(*id).error().kind == ErrorKind::not_found);
  CHECK(shelf.octets(*id).error().kind == ErrorKind::not_found);
  CHECK(shelf.remove(*id).error().kind == ErrorKind::not_found);
  CHECK(shelf.list().value().empty());
  CHECK(test::entries(dir / "held") == 1);  // the lock
}

TEST_CASE("posts are listed oldest first", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  const auto second = shelf.put(post("B"), mail, noon + Seconds(1));
  const auto first = shelf.put(post("A"), mail, noon);
  const auto posts = shelf.list();
  REQUIRE(posts);
  REQUIRE(posts->size() == 2);
  CHECK(posts->at(0).id == *first);
  CHECK(posts->at(1).id == *second);
}

TEST_CASE("the same delivery tried again is kept once; another post under a used queue id is kept too",
          "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  const auto id = shelf.put(post(), mail, noon);
  CHECK(shelf.put(post(), mail, noon + Seconds(300)).value() == *id);
  HeldPost other = post();
  other.subject = "another one";  // the id's search begins at the same place
  const auto second = shelf.put(other, "another post", noon);
  REQUIRE(second);
  CHECK(*second != *id);
  CHECK(shelf.list().value().size() == 2);
  CHECK(shelf.octets(*second).value() == "another post");
}

TEST_CASE("a full shelf says so, keeps nothing more and loses nothing", "[shelf]") {
  const TempDir dir;
  SECTION("by number") {
    Shelf shelf = open(dir, {2, 100000});
    REQUIRE(shelf.put(post("A"), mail, noon));
    REQUIRE(shelf.put(post("B"), mail, noon));
    const auto third = shelf.put(post("C"), mail, noon);
    REQUIRE_FALSE(third);
    CHECK(third.error().kind == ErrorKind::unavailable);
    CHECK(third.error().what.find("2 of 2 posts") != std::string::npos);
    CHECK(third.error().what.find("door.held_max_posts") != std::string::npos);
    CHECK(shelf.list().value().size() == 2);
    CHECK(shelf.put(post("A"), mail, noon));  // already here: nothing more to keep
  }
  SECTION("by octets") {
    Shelf shelf = open(dir, {100, mail.size() * 2 + 1});
    REQUIRE(shelf.put(post("A"), mail, noon));
    REQUIRE(shelf.put(post("B"), mail, noon));
    CHECK_FALSE(shelf.put(post("C"), "xx", noon));
    CHECK(shelf.put(post("C"), "x", noon));
  }
  SECTION("a post larger than the shelf") {
    Shelf shelf = open(dir, {100, 3});
    CHECK_FALSE(shelf.put(post("A"), "xxxx", noon));
  }
}

TEST_CASE("strangers' posts leave a quarter of the shelf to those in a contact's name", "[shelf]") {
  const TempDir dir;
  const auto strangers = [](const std::string& queue_id) {
    HeldPost held = post(queue_id);
    held.contact.clear();
    return held;
  };
  SECTION("by number") {
    Shelf shelf = open(dir, {8, 100000});
    for (const char* queue_id : {"A", "B", "C", "D", "E", "F"})
      REQUIRE(shelf.put(strangers(queue_id), mail, noon));
    const auto seventh = shelf.put(strangers("G"), mail, noon);
    REQUIRE_FALSE(seventh);
    CHECK(seventh.error().kind == ErrorKind::unavailable);
    CHECK(seventh.error().what.find("full for posts by strangers (6 of 6 posts") != std::string::npos);
    CHECK(shelf.put(strangers("A"), mail, noon));  // the one that is here already
    CHECK(shelf.put(post("H"), mail, noon));
    CHECK(shelf.put(post("I"), mail, noon));
    CHECK_FALSE(shelf.put(post("J"), mail, noon));
    CHECK(shelf.list().value().size() == 8);
  }
  SECTION("by octets") {
    Shelf shelf = open(dir, {100, 8});
    REQUIRE(shelf.put(strangers("A"), "123456", noon));
    CHECK_FALSE(shelf.put(strangers("B"), "7", noon));
    CHECK(shelf.put(post("C"), "78", noon));
  }
}

TEST_CASE("a write that a crash cut off is no held post and is cleaned away after an hour", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  for (const char* name : {"held/0badcafe.eml", "held/0badcafe.post.tmp", "held/00000001.eml"})
    test::write_all(dir / name, "half");
  make_old(dir / "held/0badcafe.eml");
  make_old(dir / "held/0badcafe.post.tmp");
  const struct timespec young[2] = {{noon.time_since_epoch().count(), 0},
                                    {noon.time_since_epoch().count(), 0}};
  REQUIRE(::utimensat(AT_FDCWD, (dir / "held/00000001.eml").c_str(), young, 0) == 0);
  CHECK(shelf.list().value().empty());
  REQUIRE(shelf.put(post(), mail, noon));
  CHECK_FALSE(std::filesystem::exists(dir / "held/0badcafe.eml"));
  CHECK_FALSE(std::filesystem::exists(dir / "held/0badcafe.post.tmp"));
  CHECK(std::filesystem::exists(dir / "held/00000001.eml"));
  CHECK(shelf.list().value().size() == 1);
}

TEST_CASE("an id that is no id is not looked for on the disk", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  test::write_all(dir / "secret.post", "portavoz-held 1\n");
  const std::string id =
      GENERATE(as<std::string>{}, "../secret", "", "0BADCAFE", "0badcafe0", "lock", "0badcaf/");
  CHECK(shelf.find(id).error().kind == ErrorKind::not_found);
  CHECK(shelf.octets(id).error().kind == ErrorKind::not_found);
  CHECK(shelf.remove(id).error().kind == ErrorKind::not_found);
}

TEST_CASE("a record that cannot be read is shown as such and hides no other", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  REQUIRE(shelf.put(post(), mail, noon));
  test::write_all(dir / "held/0badcafe.post", "rubbish");
  const auto posts = shelf.list();
  REQUIRE(posts);
  REQUIRE(posts->size() == 2);
  CHECK(posts->at(0).id == "0badcafe");
  CHECK(posts->at(0).reason == "unreadable");
  CHECK(shelf.release("0badcafe", [](const Release&) { return Result<int>(0); }).error().kind ==
        ErrorKind::bad_input);
}

TEST_CASE("a release hands the post over without our fields and takes it off the shelf", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  const std::string id = shelf.put(post(), mail, noon).value();
  Release seen;
  const auto status = shelf.release(id, [&](const Release& release) {
    seen = release;
    // While it runs nobody else can release it.
    CHECK(shelf.release(id, [](const Release&) { return Result<int>(0); }).error().kind ==
          ErrorKind::conflict);
    return Result<int>(0);
  });
  REQUIRE(status);
  CHECK(*status == 0);
  CHECK(seen.post.argv == post().argv);
  CHECK(seen.uid == ::geteuid());
  CHECK(seen.message ==
        "Return-Path: <x@example.org>\nDelivered-To: avisos@listas.example\nX-Original-To: "
        "avisos@listas.example\n"
        "From: x@example.org\n\nbody\n");
  CHECK(shelf.find(id).error().kind == ErrorKind::not_found);
}

TEST_CASE("a post that came by LMTP is released without an envelope in its header", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  HeldPost by_lmtp = post();
  by_lmtp.argv.clear();
  const std::string id = shelf.put(by_lmtp, mail, noon).value();
  std::string message;
  CHECK(shelf
            .release(id,
                     [&](const Release& release) {
                       message = release.message;
                       return Result<int>(0);
                     })
            .value() == 0);
  CHECK(message == "From: x@example.org\nDelivered-To: evil\n\nbody\n");
}

TEST_CASE("a release that the list manager does not take leaves the post on the shelf", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  const std::string id = shelf.put(post(), mail, noon).value();
  CHECK(shelf.release(id, [](const Release&) { return Result<int>(1); }).value() == 1);
  const auto failed = shelf.release(id, [](const Release&) {
    return Result<int>(Error{ErrorKind::not_found, "no list manager"});
  });
  CHECK_FALSE(failed);
  CHECK(shelf.octets(id).value() == mail);
  CHECK(shelf.release("0badcafe", [](const Release&) { return Result<int>(0); }).error().kind ==
        ErrorKind::not_found);
}

TEST_CASE("a record of root's in a directory of somebody else is not released", "[shelf]") {
  const TempDir dir;
  Shelf shelf = open(dir);
  const std::string id = shelf.put(post(), mail, noon).value();
  const auto run = [](const Release&) { return Result<int>(0); };
  if (::geteuid() == 0) {
    REQUIRE(::chmod((dir / "held").c_str(), 0777) == 0);
    CHECK(shelf.release(id, run).error().kind == ErrorKind::forbidden);
    REQUIRE(::chmod((dir / "held").c_str(), 0700) == 0);
    REQUIRE(::chown((dir / "held").c_str(), 65534, 65534) == 0);
    CHECK(shelf.release(id, run).error().kind == ErrorKind::forbidden);
    CHECK(shelf.find(id));
    REQUIRE(::chown((dir / ("held/" + id + ".post")).c_str(), 65534, 65534) == 0);
    uid_t as = 0;
    CHECK(shelf
              .release(id,
                       [&](const Release& release) {
                         as = release.uid;
                         return Result<int>(0);
                       })
              .value() == 0);
    CHECK(as == 65534);
  }
  if (::geteuid() != 0) CHECK(shelf.release(id, run).value() == 0);
}

TEST_CASE("a shelf without its parent directory is an error that names it", "[shelf]") {
  const TempDir dir;
  const auto shelf = Shelf::open(dir / "nowhere/held", {1, 1});
  REQUIRE_FALSE(shelf);
  CHECK(shelf.error().what.find("nowhere/held") != std::string::npos);
}
