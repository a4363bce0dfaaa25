// The roll on disk as it follows a register: parts that change, and the whole that is compared little by
// little, with processes that are killed in the middle.
#include <csignal>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

#include "adapters/lmdb/roll_file.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

const Instant noon{Seconds(1795500000)};
const RollPosition first_position{"register/1", "100:100:"};
const RollPosition second_position{"register/1", "105:110:105,107"};

GuardedList list(std::int64_t id, const std::string& address) {
  return {id, address, {"es"}, "admin@listas.example", {address}, false};
}

RollContact contact(std::int64_t list_id, const std::string& address, const std::string& assembly = "Norte") {
  Designation designation;
  designation.contact_id = 7;
  designation.decision_id = 8;
  designation.assembly = assembly;
  designation.address = address;
  return {list_id, designation};
}

// Everything in order of keys, as a register gives it, `handful` rows at a time.
class Listed final : public RollSource {
 public:
  explicit Listed(RollContents all, std::size_t handful = 3) : all_(std::move(all)), handful_(handful) {}

  Result<std::vector<GuardedList>> lists() override { return all_.lists; }
  Result<std::vector<RollSealKey>> seal_keys() override { return all_.seal_keys; }
  Result<std::vector<RollContact>> more_contacts() override {
    if (fails_at && contacts_ >= *fails_at) return Error{ErrorKind::unavailable, "the register went away"};
    if (waits_at && contacts_ >= *waits_at) std::this_thread::sleep_for(Millis{60'000});
    return some(all_.contacts, contacts_);
  }
  Result<std::vector<RollMark>> more_marks() override { return some(all_.marks, marks_); }

  std::optional<std::size_t> fails_at;
  std::optional<std::size_t> waits_at;

 private:
  template <typename T>
  std::vector<T> some(const std::vector<T>& rows, std::size_t& at) const {
    const std::size_t end = std::min(rows.size(), at + handful_);
    const std::vector<T> part(rows.begin() + static_cast<std::ptrdiff_t>(at),
                              rows.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
    return part;
  }

  RollContents all_;
  std::size_t handful_;
  std::size_t contacts_ = 0;
  std::size_t marks_ = 0;
};

template <typename T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().what);
  return std::move(result).value();
}

// The roll's contents, each record looked at, as one text that can be compared.
std::string said(const std::string& directory) {
  const auto all = must(must(LmdbRoll::open(directory))->contents());
  std::string text;
  for (const GuardedList& row : all.lists) text += "L" + std::to_string(row.id) + row.posting_address + "\n";
  for (const RollContact& row : all.contacts)
    text += "C" + std::to_string(row.list_id) + row.designation.address + row.designation.assembly + "\n";
  for (const RollMark& row : all.marks) text += "M" + std::to_string(row.list_id) + row.mark + "\n";
  for (const RollSealKey& row : all.seal_keys) text += "S" + row.key_id + row.public_key.front() + "\n";
  return text;
}

// What a roll of these contents says; written the other way.
std::string expected(const RollContents& contents) {
  const TempDir dir;
  must(must(RollFile::open(dir.path()))->replace(contents));
  return said(dir.path());
}

RollContents small() {
  RollContents all;
  all.lists = {list(1, "avisos@listas.example"), list(2, "otra@listas.example")};
  all.contacts = {contact(1, "a@example.org"), contact(1, "b@example.org"), contact(2, "a@example.org")};
  all.marks = {{1, std::string(32, '1')}, {2, std::string(32, '2')}};
  all.seal_keys = {{"0123456789abcdef", std::string(32, 'k')}};
  return all;
}

// One list's contacts with addresses in order, `count` of them.
RollContents many(std::size_t count, const std::string& assembly) {
  RollContents all;
  all.lists = {list(1, "avisos@listas.example")};
  for (std::size_t i = 0; i < count; ++i)
    all.contacts.push_back(contact(1, "c" + std::to_string(1'000'000 + i) + "@example.org", assembly));
  return all;
}

}  // namespace

TEST_CASE("a roll that was never filled takes everything little by little", "[lmdb]") {
  const TempDir dir;
  const auto file = must(RollFile::open(dir.path()));
  CHECK_FALSE(file->position());
  Listed source(small());
  const auto written = must(file->compare(source, 3, first_position, noon));
  CHECK(written.change == RollChange::written);
  CHECK(written.counts == RollCounts{2, 3, 2, 1});
  CHECK(said(dir.path()) == expected(small()));
  CHECK(file->position() == first_position);
  CHECK(file->last_word() == LastWord(noon));
}

TEST_CASE("a part that changes is written with its position, and twice changes nothing", "[lmdb]") {
  const TempDir dir;
  const auto file = must(RollFile::open(dir.path()));
  Listed source(small());
  must(file->compare(source, 3, first_position, noon));
  RollUpdate update;
  update.contact_keys = {{1, "a@example.org"}, {1, "b@example.org"}, {2, "new@example.org"}};
  update.contacts = {contact(1, "b@example.org", "Sur"), contact(2, "new@example.org")};
  update.mark_keys = {{1, std::string(32, '1')}, {1, std::string(32, '3')}};
  update.marks = {{1, std::string(32, '3')}};
  RollContents then = small();
  then.contacts = {contact(1, "b@example.org", "Sur"), contact(2, "a@example.org"),
                   contact(2, "new@example.org")};
  then.marks = {{1, std::string(32, '3')}, {2, std::string(32, '2')}};
  for (const RollChange change : {RollChange::written, RollChange::none}) {
    const auto written = must(file->update(update, second_position, noon + Seconds(5)));
    CHECK(written.change == change);
    CHECK(written.counts == RollCounts{2, 3, 2, 1});
    CHECK(said(dir.path()) == expected(then));
    CHECK(file->position() == second_position);
    CHECK(file->last_word() == LastWord(noon + Seconds(5)));
  }
}

TEST_CASE("lists and keys change together with all that follows from them", "[lmdb]") {
  const TempDir dir;
  const auto file = must(RollFile::open(dir.path()));
  Listed source(small());
  must(file->compare(source, 3, first_position, noon));
  RollUpdate update;
  update.lists = {list(2, "otra@listas.example"), list(3, "avisos@other.example")};
  update.seal_keys.emplace();
  RollContents then = small();
  then.lists = *update.lists;
  then.seal_keys.clear();
  const auto written = must(file->update(update, second_position, noon));
  CHECK(written.counts == RollCounts{2, 3, 2, 0});
  CHECK(said(dir.path()) == expected(then));
  const auto roll = must(LmdbRoll::open(dir.path()));
  CHECK(roll->list_with_local_part("avisos").value().id == 3);
  CHECK(roll->list_at("avisos@listas.example").absent());
  CHECK(roll->has_list_in("other.example").value());
}

TEST_CASE("a roll without a position takes no part, and has none once a roster filled it", "[lmdb]") {
  const TempDir dir;
  const auto file = must(RollFile::open(dir.path()));
  REQUIRE_FALSE(file->update({}, first_position, noon));
  CHECK(file->update({}, first_position, noon).error().kind == ErrorKind::conflict);
  Listed source(small());
  must(file->compare(source, 3, first_position, noon));
  CHECK(file->position());
  must(file->replace(small()));
  CHECK_FALSE(file->position());
  CHECK_FALSE(file->update({}, first_position, noon));
  CHECK(said(dir.path()) == expected(small()));
}

TEST_CASE("comparing makes any roll say what the source says", "[lmdb]") {
  std::mt19937 random(7);
  const TempDir dir;
  const auto file = must(RollFile::open(dir.path()));
  const auto some = [&] {
    RollContents all;
    for (std::int64_t id = 1; id <= 3; ++id) {
      if (random() % 4 != 0) all.lists.push_back(list(id, "l" + std::to_string(id) + "@listas.example"));
      for (int i = 100; i < 400; ++i) {
        if (random() % 3 != 0)
          all.contacts.push_back(contact(id, "c" + std::to_string(i) + "@example.org",
                                         std::string(1 + random() % 2 * 150, 'x')));
        if (random() % 5 == 0)
          all.marks.push_back({id, std::to_string(i) + std::string(29, static_cast<char>('0' + id))});
      }
    }
    if (random() % 2 == 0) all.seal_keys = {{"0123456789abcdef", std::string(32, 'k')}};
    return all;
  };
  for (int round = 0; round < 30; ++round) {
    CAPTURE(round);
    const RollContents contents = some();
    const std::string text = expected(contents);
    for (const bool again : {false, true}) {
      Listed source(contents, 1 + random() % 200);
      const auto written = must(file->compare(source, contents.contacts.size(), first_position, noon));
      CHECK(written.counts == RollCounts{contents.lists.size(), contents.contacts.size(),
                                         contents.marks.size(), contents.seal_keys.size()});
      if (again) CHECK(written.change == RollChange::none);
      REQUIRE(said(dir.path()) == text);
    }
  }
}

TEST_CASE("a source that fails or is out of order leaves the roll as it is", "[lmdb]") {
  const TempDir dir;
  const auto file = must(RollFile::open(dir.path()));
  Listed good(small());
  must(file->compare(good, 3, first_position, noon));
  Listed failing(many(20, "Sur"));
  failing.fails_at = 9;
  const auto failed = file->compare(failing, 20, second_position, noon + Seconds(1));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().what == "the register went away");
  RollContents mixed = many(20, "Sur");
  std::swap(mixed.contacts[4], mixed.contacts[5]);
  Listed unordered(mixed);
  CHECK_FALSE(file->compare(unordered, 20, second_position, noon + Seconds(1)));
  CHECK(said(dir.path()) == expected(small()));
  CHECK(file->position() == first_position);
  CHECK(file->last_word() == LastWord(noon));
}

TEST_CASE("a first load that fails is a roll that was never loaded, and the next one is whole", "[lmdb]") {
  const TempDir dir;
  const auto file = must(RollFile::open(dir.path()));
  Listed failing(many(20, "Norte"));
  failing.fails_at = 9;
  CHECK_FALSE(file->compare(failing, 20, first_position, noon));
  const auto roll = must(LmdbRoll::open(dir.path()));
  CHECK_FALSE(roll->last_word());
  CHECK(roll->designation(1, *MailAddress::parse("c1000001@example.org")).unavailable());
  Listed twice(small());
  must(file->compare(twice, 3, first_position, noon));
  CHECK(said(dir.path()) == expected(small()));
}

TEST_CASE("a process killed in the middle of a comparison leaves a roll that opens", "[lmdb]") {
  for (const bool filled : {false, true}) {
    CAPTURE(filled);
    const TempDir dir;
    if (filled) {
      Listed before(many(3000, "Norte"), 500);
      must(must(RollFile::open(dir.path()))->compare(before, 3000, first_position, noon));
    }
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const auto file = RollFile::open(dir.path());
      Listed source(many(3000, "Sur"), 500);
      source.waits_at = 2000;
      ::alarm(50);
      if (file) (void)(*file)->compare(source, 3000, second_position, noon + Seconds(1));
      ::_exit(1);
    }
    std::this_thread::sleep_for(Millis{300});
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    const auto roll = must(LmdbRoll::open(dir.path()));
    const auto found = roll->designation(1, *MailAddress::parse("c1000001@example.org"));
    if (filled)
      CHECK(found.value().assembly == "Norte");
    else
      CHECK(found.unavailable());
    const auto file = must(RollFile::open(dir.path()));
    CHECK(file->position().has_value() == filled);
    Listed again(many(3000, "Sur"), 500);
    must(file->compare(again, 3000, second_position, noon + Seconds(1)));
    CHECK(said(dir.path()) == expected(many(3000, "Sur")));
  }
}
