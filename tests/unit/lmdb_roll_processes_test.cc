// The roll between many processes: writers that are killed, readers that are many, or that were taken over.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sys/mman.h>

#include "tests/lib/not_run.h"
#include "tests/lib/temp_dir.h"
#include "tests/unit/lmdb_roll_versions.h"

using namespace portavoz;
using namespace portavoz::lmdb_tests;
using namespace portavoz::test;
using Catch::Contains;

namespace {

// A value that this process and its children share; it begins as zeros.
template <typename T>
class Shared {
 public:
  Shared()
      : value_(static_cast<T*>(
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (value_ == MAP_FAILED) std::abort();
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { ::munmap(value_, sizeof(T)); }
  T* operator->() const { return value_; }

 private:
  T* value_;
};

// The version that all records of the roll agree on, read as one state; -1 when they do not, 0 without a
// roll.
std::int64_t version_of_all(const LmdbRoll& roll) {
  const auto contents = roll.contents();
  if (!contents) return contents.error().kind == ErrorKind::not_found ? 0 : -1;
  if (contents->lists.size() != 1 || contents->seal_keys.size() != 1) return -1;
  const std::int64_t number = contents->lists.front().id;
  const bool whole =
      contents->lists.front().admin_address == version(number).lists.front().admin_address &&
      contents->seal_keys.front().public_key == version(number).seal_keys.front().public_key &&
      contents->last_word == version(number).last_word && !contents->contacts.empty() &&
      std::all_of(contents->contacts.begin(), contents->contacts.end(), [&](const RollContact& contact) {
        return contact.list_id == number && contact.designation.contact_id == number;
      });
  return whole ? number : -1;
}

struct Progress {
  std::atomic<std::int64_t> begun;
  std::atomic<std::int64_t> written;
};

// Writes one version after the other until it is killed.
int write_without_end(const std::string& directory, const Shared<Progress>& progress, std::size_t contacts) {
  const auto file = RollFile::open(directory);
  if (!file) return 1;
  for (std::int64_t number = progress->written + 1;; ++number) {
    progress->begun = number;
    if (!(*file)->replace(version(number, contacts))) return 2;
    progress->written = number;
  }
}

void sleep_for(std::uint_fast32_t microseconds) {
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
}

}  // namespace

TEST_CASE("a writer that is killed at any moment leaves the last roll it wrote, or the one it was writing",
          "[lmdb]") {
  const TempDir dir;
  const Shared<Progress> progress;
  std::mt19937 random(7);  // the moment of death; any will do
  put(*writer(dir.path()), version(1, 200));
  progress->written = 1;
  auto beside = reader(dir.path());
  for (int round = 0; round < 100; ++round) {
    // With a reader beside it the next writer inherits the dead one's lock, without one the lock file is new.
    if (round == 50) beside.reset();
    Child child([&] { return write_without_end(dir.path(), progress, 200); });
    sleep_for(random() % 20'000);
    child.end();
    const auto after = beside ? nullptr : reader(dir.path());
    const LmdbRoll& roll = beside ? *beside : *after;
    const std::int64_t found = version_of_all(roll);
    CAPTURE(round, found, progress->written.load(), progress->begun.load());
    CHECK(whole_version(roll) == found);
    CHECK((found == progress->written || found == progress->begun));
    progress->written = found;
  }
  CHECK(progress->written > 20);  // it did not die before it wrote
  put(*writer(dir.path()), version(5));
  CHECK(version_of_all(*reader(dir.path())) == 5);
}

TEST_CASE("a writer that is killed while it makes the files leaves no roll or a whole one", "[lmdb]") {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    const TempDir dir;
    const Shared<Progress> progress;
    Child child([&] { return write_without_end(dir.path(), progress, 5); });
    sleep_for(random() % 3'000);
    child.end();
    const auto roll = reader(dir.path());
    const std::int64_t found = version_of_all(*roll);
    CAPTURE(round, found, progress->written.load());
    // Files that are not finished are no roll, and nobody takes them for one.
    const bool none = progress->written == 0 && roll->list_at(posting).unavailable();
    CHECK((none || (found > 0 && (found == progress->written || found == progress->begun))));
    put(*writer(dir.path()), version(1000));
    CHECK(version_of_all(*roll) == 1000);
  }
}

TEST_CASE("five hundred processes read while one writes, and none fails or sees a part of a change",
          "[lmdb]") {
  struct Counts {
    std::atomic<int> ready;
    std::atomic<bool> stop;
    std::atomic<int> questions;
  };
  constexpr int many = 500;
  const TempDir dir;
  const Shared<Counts> counts;
  const auto file = writer(dir.path());
  put(*file, version(1, 20));
  std::vector<std::unique_ptr<Child>> readers;
  for (int i = 0; i < many; ++i)
    readers.push_back(std::make_unique<Child>([&] {
      const auto roll = LmdbRoll::open(dir.path());
      if (!roll) return 1;
      ++counts->ready;
      for (std::int64_t before = 0; !counts->stop; sleep_for(20'000)) {
        const std::int64_t all = version_of_all(**roll);
        const auto list = (*roll)->list_at(posting);
        if (all < 1 || !list.found()) return 2;
        const std::string admin = "admin" + std::to_string(list.value().id) + "@listas.example";
        if (list.value().admin_address != admin) return 3;
        if (all < before || list.value().id < all) return 4;  // time went back
        before = list.value().id;
        ++counts->questions;
      }
      return 0;
    }));
  while (counts->ready < many) sleep_for(1'000);
  for (std::int64_t number = 2; number <= 300; ++number) put(*file, version(number, 20));
  while (counts->questions < 2 * many) sleep_for(1'000);
  counts->stop = true;
  for (const auto& each : readers) CHECK(each->wait() == 0);
  CHECK(version_of_all(*reader(dir.path())) == 300);
}

// ---- a reader that was taken over

namespace {

constexpr gid_t doors = 54321;
constexpr uid_t door = 54322;

// A directory as the gate has it: its own, its files of the doors' group. Needs root.
std::string place_for_doors(const TempDir& dir) {
  std::string place = dir / "roll";
  REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
  REQUIRE(::mkdir(place.c_str(), 0750) == 0);
  REQUIRE(::chown(place.c_str(), 0, doors) == 0);
  REQUIRE(::chmod(place.c_str(), 02750) == 0);
  return place;
}

bool become_door() { return ::setgroups(0, nullptr) == 0 && ::setgid(doors) == 0 && ::setuid(door) == 0; }

// The lock file as a taken-over door can write it. LMDB 0.9: magic, format, the lock of the readers' table,
// the number of the last state.
class LockFile {
 public:
  static constexpr off_t state_at = 8 + sizeof(pthread_mutex_t);

  explicit LockFile(const std::string& directory) : fd_(::open((directory + "/lock.mdb").c_str(), O_RDWR)) {}
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile() { ::close(fd_); }

  [[nodiscard]] std::uint64_t state() const {
    std::uint64_t number = 0;
    return ::pread(fd_, &number, sizeof number, state_at) == sizeof number ? number : 0;
  }
  [[nodiscard]] bool say(std::uint64_t number) const {
    return ::pwrite(fd_, &number, sizeof number, state_at) == sizeof number;
  }

 private:
  int fd_;
};

}  // namespace

TEST_CASE("a taken-over reader cannot write, replace, cut off or remove the roll's data", "[lmdb]") {
  if (::geteuid() != 0) return not_run("only root can become another user");
  const TempDir dir;
  const std::string place = place_for_doors(dir);
  const auto file = writer(place);
  put(*file, version(1));
  const std::string data = place + "/data.mdb";
  Child taken_over([&] {
    if (!become_door()) return 1;
    const auto roll = LmdbRoll::open(place);
    if (!roll || whole_version(**roll) != 1) return 2;
    const auto refused = RollFile::open(place);
    if (refused || refused.error().kind != ErrorKind::forbidden) return 3;
    if (::open(data.c_str(), O_RDWR) >= 0 || errno != EACCES) return 4;
    if (::truncate(data.c_str(), 0) == 0 || ::chmod(data.c_str(), 0666) == 0) return 5;
    if (::unlink(data.c_str()) == 0 || ::unlink((place + "/lock.mdb").c_str()) == 0) return 6;
    if (::open((place + "/new.mdb").c_str(), O_RDWR | O_CREAT, 0600) >= 0) return 7;
    if (::rename(data.c_str(), (place + "/old.mdb").c_str()) == 0) return 8;
    const int fd = ::open(data.c_str(), O_RDONLY);
    if (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED) return 9;
    return 0;
  });
  CHECK(taken_over.wait() == 0);
  Child stranger([&] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(door) != 0 || ::setuid(door) != 0) return 1;
    const auto roll = LmdbRoll::open(place);
    return !roll && roll.error().kind == ErrorKind::forbidden ? 0 : 2;
  });
  CHECK(stranger.wait() == 0);
  CHECK(version_of_all(*reader(place)) == 1);
}

TEST_CASE(
    "whatever a taken-over reader writes into the lock file, the roll says its last word, the one "
    "before, or nothing",
    "[lmdb]") {
  if (::geteuid() != 0) return not_run("only root can become another user");
  for (const std::int64_t lie : {-1, -2, -3, -1000, 1, 2, 3, 1000}) {
    CAPTURE(lie);
    const TempDir dir;
    const std::string place = place_for_doors(dir);
    auto file = writer(place);
    for (std::int64_t number = 1; number <= 6; ++number) put(*file, version(number, 20));
    auto roll = reader(place);
    REQUIRE(whole_version(*roll) == 6);
    Child taken_over([&] {
      if (!become_door()) return 1;
      const LockFile lock(place);
      if (lock.state() != 6) return 2;
      return lock.say(lock.state() + static_cast<std::uint64_t>(lie)) ? 0 : 3;
    });
    REQUIRE(taken_over.wait() == 0);
    const auto list = roll->list_at(posting);
    if (lie == -1) {
      CHECK(list.value().id == 5);  // as if the last change had not come yet
    } else {
      REQUIRE(list.unavailable());
      CHECK_THAT(list.why(), Contains("lock.mdb does not fit data.mdb in " + place));
      CHECK_FALSE(roll->last_word());
    }
    // The writer builds on nothing but its last word, and says what is to be done.
    const auto refused = file->replace(version(7, 20));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::unavailable);
    CHECK_THAT(refused.error().what, Contains("remove lock.mdb"));
    // What it says.
    roll.reset();
    file.reset();
    REQUIRE(::unlink((place + "/lock.mdb").c_str()) == 0);
    CHECK(version_of_all(*reader(place)) == 6);
    put(*writer(place), version(7, 20));
    CHECK(version_of_all(*reader(place)) == 7);
  }
}

TEST_CASE("a reader that lies in the lock file without a pause makes no answer that was not written",
          "[lmdb]") {
  if (::geteuid() != 0) return not_run("only root can become another user");
  const TempDir dir;
  const std::string place = place_for_doors(dir);
  const auto file = writer(place);
  const auto roll = reader(place);
  put(*file, version(1, 20));
  put(*file, version(2, 20));
  struct Order {
    std::atomic<bool> stop;
  };
  const Shared<Order> order;
  Child taken_over([&] {
    if (!become_door()) return 1;
    const LockFile lock(place);
    std::mt19937 random(3);
    while (!order->stop) {
      const std::uint64_t state = lock.state();
      if (!lock.say(state - 1 - random() % 2)) return 2;
      sleep_for(random() % 100);
      if (!lock.say(state)) return 3;
      sleep_for(random() % 100);
    }
    return 0;
  });
  std::int64_t written = 2;
  int answers = 0;
  for (int round = 0; round < 3000; ++round) {
    if (file->replace(version(written + 1, 20))) ++written;
    const auto list = roll->list_at(posting);
    if (!list.found()) continue;
    ++answers;
    const std::int64_t number = list.value().id;
    CAPTURE(round, written, number);
    REQUIRE((number == written || number == written - 1));
    REQUIRE(list.value().admin_address == version(number).lists.front().admin_address);
  }
  order->stop = true;
  CHECK(taken_over.wait() == 0);
  CHECK(answers > 0);
  CHECK(written > 2);
}
