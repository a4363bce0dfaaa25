// The roll on disk beside other processes: writers that die, readers that stop, files that are missing,
// damaged or of somebody else's making.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <lmdb.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/lmdb/record.h"
#include "tests/lib/not_run.h"
#include "tests/lib/temp_dir.h"
#include "tests/unit/lmdb_roll_versions.h"

using namespace portavoz;
using namespace portavoz::lmdb_tests;
using namespace portavoz::test;
using Catch::Contains;

namespace {

// LMDB without our code: what another program, or a fault, could have put there.
class RawEnvironment {
 public:
  RawEnvironment(const std::string& directory, unsigned flags) {
    if (mdb_env_create(&environment_) != 0 || mdb_env_set_maxreaders(environment_, 4096) != 0 ||
        mdb_env_open(environment_, directory.c_str(), MDB_NOTLS | flags, 0640) != 0 ||
        mdb_txn_begin(environment_, nullptr, flags, &transaction_) != 0 ||
        mdb_dbi_open(transaction_, nullptr, 0, &main_) != 0)
      std::abort();
  }
  RawEnvironment(const RawEnvironment&) = delete;
  RawEnvironment& operator=(const RawEnvironment&) = delete;
  ~RawEnvironment() {
    mdb_txn_abort(transaction_);
    mdb_env_close(environment_);
  }

  // How many places among the readers are taken, this one's too.
  [[nodiscard]] int readers() const {
    int lines = 0;
    const auto count = [](const char*, void* into) { return ++*static_cast<int*>(into); };
    mdb_reader_list(environment_, count, &lines);
    return lines - 1;  // the first one is a heading
  }
  void put(std::string key, std::string value) {
    MDB_val key_octets = {key.size(), key.data()};
    MDB_val octets = {value.size(), value.data()};
    if (mdb_put(transaction_, main_, &key_octets, &octets, 0) != 0) std::abort();
  }
  void commit() {
    if (mdb_txn_commit(transaction_) != 0) std::abort();
    transaction_ = nullptr;
  }

 private:
  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
  MDB_dbi main_ = 0;
};

// In a process of its own, because one process has one environment over a file.
void put_raw(const std::string& directory, const std::string& key, const std::string& value) {
  Child child([&] {
    RawEnvironment raw(directory, 0);
    raw.put(key, value);
    raw.commit();
    return 0;
  });
  REQUIRE(child.wait() == 0);
}

int places_taken(const std::string& directory) {
  int counted[2] = {-1, -1};
  REQUIRE(::pipe(counted) == 0);
  Child child([&] {
    const int readers = RawEnvironment(directory, MDB_RDONLY).readers();
    return ::write(counted[1], &readers, sizeof readers) == sizeof readers ? 0 : 1;
  });
  REQUIRE(child.wait() == 0);
  int readers = 0;
  REQUIRE(::read(counted[0], &readers, sizeof readers) == sizeof readers);
  for (const int end : counted) ::close(end);
  return readers;
}

std::size_t disk_octets(const std::string& path) {
  return static_cast<std::size_t>(about(path).st_blocks) * 512;
}

}  // namespace

TEST_CASE("a roll that is not there yet is unavailable, and answers once it was filled", "[lmdb]") {
  const TempDir dir;
  const std::string place = dir / "roll";
  const auto roll = reader(place);
  const auto unavailable = [&] {
    CHECK(roll->list_at(posting).unavailable());
    CHECK(roll->list_with_local_part("avisos").unavailable());
    CHECK(roll->has_list_in("listas.example").unavailable());
    CHECK(roll->designation(1, contact(0)).unavailable());
    CHECK(roll->was_posted(1, "00").unavailable());
    CHECK(roll->seal_key("0123456789abcdef").unavailable());
    CHECK_FALSE(roll->last_word());
  };
  unavailable();
  REQUIRE(::mkdir(place.c_str(), 0750) == 0);
  unavailable();
  CHECK_THAT(roll->list_at(posting).why(), Contains("there is no roll in " + place));
  const auto file = writer(place);
  unavailable();
  CHECK_THAT(roll->list_at(posting).why(), Contains("was never filled"));
  put(*file, version(1));
  CHECK(whole_version(*roll) == 1);
}

TEST_CASE("a roll without any list answers that there is none", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  RollContents nothing;
  nothing.last_word = noon;
  put(*file, nothing);
  const auto roll = reader(dir.path());
  CHECK(roll->list_at(posting).absent());
  CHECK(roll->last_word() == noon);
}

TEST_CASE("the roll outlives its writer", "[lmdb]") {
  const TempDir dir;
  put(*writer(dir.path()), version(3));
  Child other([&] { return whole_version(*reader(dir.path())) == 3 ? 0 : 1; });
  CHECK(other.wait() == 0);
  const auto again = writer(dir.path());
  CHECK(whole_version(*reader(dir.path())) == 3);
  put(*again, version(4));
  CHECK(whole_version(*reader(dir.path())) == 4);
}

TEST_CASE("what is no longer said is gone, and only a change is a change", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  const auto roll = reader(dir.path());
  RollContents contents = version(1, 50);
  contents.marks = {{1, "aa"}, {1, "bb"}};
  CHECK(put(*file, contents) == RollChange::written);
  contents.last_word = noon + Seconds(30);
  CHECK(put(*file, contents) == RollChange::none);
  CHECK(roll->last_word() == noon + Seconds(30));

  contents.marks = {{1, "bb"}, {1, "cc"}};
  CHECK(put(*file, contents) == RollChange::written);
  CHECK_FALSE(roll->was_posted(1, "aa").value());
  CHECK(roll->was_posted(1, "bb").value());
  CHECK(roll->was_posted(1, "cc").value());

  contents.contacts.erase(contents.contacts.begin() + 7);
  contents.contacts.front().designation.proof.spf = true;
  contents.seal_keys.clear();
  CHECK(put(*file, contents) == RollChange::written);
  CHECK(roll->designation(1, contact(7)).absent());
  CHECK(roll->designation(1, contact(8)).found());
  CHECK(roll->designation(1, contact(0)).value().proof.spf);
  CHECK(roll->seal_key("0123456789abcdef").absent());

  contents.lists.clear();
  CHECK(put(*file, contents) == RollChange::written);
  CHECK(roll->list_at(posting).absent());
  CHECK_FALSE(roll->has_list_in("listas.example").value());
}

TEST_CASE("contents that cannot be written leave the roll as it was", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  put(*file, version(1));
  RollContents bad = version(2);
  bad.seal_keys.front().public_key = "short";
  const auto refused = file->replace(bad);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::bad_input);
  CHECK(whole_version(*reader(dir.path())) == 1);
}

TEST_CASE("a roll grows beyond its first room, and a reader of another process follows", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  put(*file, version(1));
  constexpr std::size_t many = 60'000;  // more than 16 MiB of pages
  Child other([&] {
    const auto roll = reader(dir.path());
    if (whole_version(*roll) != 1) return 1;
    ::raise(SIGSTOP);
    return whole_version(*roll) == 2 && roll->designation(2, contact(many - 1)).found() ? 0 : 2;
  });
  other.wait_until_stopped();
  put(*file, version(2, many));
  CHECK(about(dir / "data.mdb").st_size > 16 << 20);
  other.go_on();
  CHECK(other.wait() == 0);
  CHECK(reader(dir.path())->designation(2, contact(many - 1)).found());
  put(*file, version(3));
  CHECK(whole_version(*reader(dir.path())) == 3);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what is freed
TEST_CASE("a writer keeps no memory of a large change", "[lmdb]") {
  const auto own_kib = [] {
    std::size_t sum = 0;
    std::ifstream file("/proc/self/smaps_rollup");
    for (std::string line; std::getline(file, line);)
      if (line.rfind("Private_Dirty:", 0) == 0) sum += std::stoul(line.substr(14));
    return sum;
  };
  const TempDir dir;
  Child child([&] {
    const auto file = RollFile::open(dir.path());
    const RollContents large = version(1, 60'000);
    const std::size_t before = own_kib();
    if (!file || !(*file)->replace(large)) return 1;
    return own_kib() < before + 8192 ? 0 : 2;
  });
  CHECK(child.wait() == 0);
  CHECK(whole_version(*reader(dir.path())) == 1);
}
#endif

TEST_CASE("readers in many threads see one version or the next, while another writes", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  put(*file, version(1, 20));
  const auto roll = reader(dir.path());
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> asked{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      while (!stop) {
        const auto list = roll->list_at(posting);  // two records: one question sees one state
        if (!list.found() ||
            list.value().admin_address != "admin" + std::to_string(list.value().id) + "@listas.example")
          ++wrong;
        ++asked;
      }
    });
  for (std::int64_t number = 2; number <= 100; ++number) put(*file, version(number, 20));
  while (asked < 100) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(whole_version(*roll) == 100);
}

TEST_CASE("five hundred readers ask at once, and killed ones leave no trace", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  put(*file, version(1));
  std::vector<std::unique_ptr<Child>> readers;
  int answers[2] = {-1, -1};
  REQUIRE(::pipe(answers) == 0);
  for (int i = 0; i < 500; ++i)
    readers.push_back(std::make_unique<Child>([&] {
      const auto roll = LmdbRoll::open(dir.path());
      const char answer = roll && whole_version(**roll) == 1 ? 'y' : 'n';
      if (::write(answers[1], &answer, 1) != 1) return 1;
      for (;;) ::pause();  // its place among the readers stays taken
    }));
  int yes = 0;
  for (int i = 0; i < 500; ++i) {
    char answer = 0;
    REQUIRE(::read(answers[0], &answer, 1) == 1);
    yes += answer == 'y' ? 1 : 0;
  }
  for (const int end : answers) ::close(end);
  CHECK(yes == 500);
  CHECK(places_taken(dir.path()) >= 500);
  readers.clear();  // kill -9
  for (std::int64_t number = 2; number <= 65; ++number) put(*file, version(number));
  CHECK(places_taken(dir.path()) < 10);
  CHECK(whole_version(*reader(dir.path())) == 65);
}

TEST_CASE("a reader that is stopped between its questions costs no room in thousands of changes", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  put(*file, version(1, 500));
  Child other([&] {
    const auto roll = reader(dir.path());
    if (whole_version(*roll) != 1) return 1;
    ::raise(SIGSTOP);
    return whole_version(*roll) == 3000 ? 0 : 2;
  });
  other.wait_until_stopped();
  for (std::int64_t number = 2; number <= 10; ++number) put(*file, version(number, 500));
  const std::size_t before = disk_octets(dir / "data.mdb");
  for (std::int64_t number = 11; number <= 3000; ++number) put(*file, version(number, 20));
  CHECK(disk_octets(dir / "data.mdb") <= before * 2);
  other.go_on();
  CHECK(other.wait() == 0);
}

TEST_CASE("a reader that is stopped inside a question holds up no change, and costs bounded room", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  put(*file, version(1, 5000));
  const auto roll = reader(dir.path());
  const bool goes_on = GENERATE(true, false);  // or is killed
  Child other([&] {
    const RawEnvironment raw(dir.path(), MDB_RDONLY);
    ::raise(SIGSTOP);
    return 0;
  });
  other.wait_until_stopped();
  const auto inode = about(dir / "data.mdb").st_ino;
  std::int64_t number = 1;
  const auto change_on = [&] {
    for (int i = 0; i < 300; ++i) {
      put(*file, version(++number, 5000));
      if (i % 50 == 0) CHECK(whole_version(*roll) == number);
    }
  };
  change_on();
  CHECK(about(dir / "data.mdb").st_ino != inode);  // its old states went with the old file
  CHECK(about(dir / "data.mdb").st_size <= 128 << 20);
  CHECK((about(dir / "data.mdb").st_mode & 07777) == 0640);
  CHECK((about(dir / "lock.mdb").st_mode & 07777) == 0660);
  if (goes_on) {
    other.go_on();
    CHECK(other.wait() == 0);
  } else {
    other.end();
  }
  change_on();
  CHECK(whole_version(*roll) == number);
  CHECK(whole_version(*reader(dir.path())) == number);
  CHECK(std::filesystem::exists(dir / "data.mdb.new") == false);
}

TEST_CASE("a copy that a killed writer left half done goes when the next one begins", "[lmdb]") {
  const TempDir dir;
  put(*writer(dir.path()), version(1));
  std::ofstream(dir / "data.mdb.new") << "half";
  const auto file = writer(dir.path());
  CHECK_FALSE(std::filesystem::exists(dir / "data.mdb.new"));
  CHECK(whole_version(*reader(dir.path())) == 1);
}

TEST_CASE("a roll of another format is unavailable, and is made anew with the next contents", "[lmdb]") {
  for (const int step : {-1, 1}) {
    const TempDir dir;
    const auto file = writer(dir.path());
    put(*file, version(1));
    const auto roll = reader(dir.path());
    const auto other = static_cast<std::uint16_t>(lmdb::roll_format + step);
    put_raw(dir.path(), lmdb::heading_key(), lmdb::encode(lmdb::Heading{other, noon}));
    const auto answer = roll->list_at(posting);
    REQUIRE(answer.unavailable());
    CHECK_THAT(answer.why(), Contains("is of format " + std::to_string(other) +
                                      " and this program reads format " + std::to_string(lmdb::roll_format)));
    CHECK_FALSE(roll->last_word());
    CHECK(put(*file, version(2)) == RollChange::written);
    CHECK(whole_version(*roll) == 2);
  }
}

TEST_CASE("a roll gives back all that was put in, and says who said it", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  RollContents contents = version(1, 50);
  contents.lists.push_back({2, "avisos@otra.example", {"es"}, "", {"avisos@otra.example"}, true});
  contents.marks = {{1, "aa"}, {2, "bb"}};
  contents.last_word.of_roster = true;
  contents.last_word.valid_until = noon + Seconds(5);
  put(*file, contents);
  const auto roll = reader(dir.path());
  CHECK(roll->last_word() == contents.last_word);
  const auto read = roll->contents();
  REQUIRE(read);
  CHECK(read->last_word == contents.last_word);
  CHECK(lmdb::encode(*read).value() == lmdb::encode(contents).value());
}

TEST_CASE("a roll that is not there has no contents", "[lmdb]") {
  const TempDir dir;
  CHECK(reader(dir / "nothing")->contents().error().kind == ErrorKind::not_found);
  const auto file = writer(dir.path());
  CHECK(reader(dir.path())->contents().error().kind == ErrorKind::not_found);
}

TEST_CASE("every record that is damaged, missing or too many is found", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  const auto roll = reader(dir.path());
  RollContents contents = version(1);
  contents.marks = {{1, "aa"}};
  const auto records = lmdb::encode(contents).value();
  std::vector<lmdb::Record> wrong{{"X", "of no kind"},
                                  {lmdb::address_key("x@listas.example"), std::string(8, '\1')},
                                  {lmdb::domain_key("nowhere.example"), ""},
                                  {lmdb::contact_key(1, "x@example.org"), "?"},
                                  {std::string("M\0", 2), ""},
                                  {lmdb::heading_key(), "?"}};
  for (const lmdb::Record& record : records) wrong.push_back({record.key, record.value + "?"});
  for (const auto& [key, value] : wrong) {
    put(*file, contents);
    REQUIRE(roll->contents());
    CAPTURE(key, value);
    put_raw(dir.path(), key, value);
    const auto damaged = roll->contents();
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().kind == ErrorKind::bad_input);
    CHECK_THAT(damaged.error().what, Contains("is damaged"));
  }
}

TEST_CASE("only the directory's owner writes a roll", "[lmdb]") {
  if (::geteuid() != 0) return not_run("only root can give a directory away");
  const TempDir dir;
  REQUIRE(::chown(dir.path().c_str(), 1, 1) == 0);
  const auto refused = RollFile::open(dir.path());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::forbidden);
  CHECK_THAT(refused.error().what, Contains("sudo -u daemon"));
  CHECK(::access((dir / "data.mdb").c_str(), F_OK) != 0);
}

TEST_CASE("records that are damaged are unavailable, whatever is in them", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  put(*file, version(1));
  const auto roll = reader(dir.path());
  for (const std::string& garbage :
       {std::string(), std::string(1, '\0'), std::string(7, '\xff'), std::string(500, '\xff')}) {
    CAPTURE(garbage.size());
    put_raw(dir.path(), lmdb::address_key(posting), garbage);
    put_raw(dir.path(), lmdb::contact_key(1, "c0@example.org"), garbage);
    put_raw(dir.path(), lmdb::seal_key_key("0123456789abcdef"), garbage);
    CHECK(roll->list_at(posting).unavailable());
    CHECK(roll->designation(1, contact(0)).unavailable());
    CHECK(roll->seal_key("0123456789abcdef").unavailable());
    CHECK_THAT(roll->seal_key("0123456789abcdef").why(), Contains("is damaged"));
    put(*file, version(1));
    CHECK(whole_version(*roll) == 1);
    put_raw(dir.path(), lmdb::list_key(1), garbage);
    CHECK(roll->list_at(posting).unavailable());
    put_raw(dir.path(), lmdb::heading_key(), garbage);
    CHECK(roll->has_list_in("listas.example").unavailable());
    put(*file, version(1));
    CHECK(whole_version(*roll) == 1);
  }
  // An address that leads to a list that is not there.
  put_raw(dir.path(), lmdb::address_key("x@listas.example"), std::string(8, '\1'));
  CHECK(roll->list_at("x@listas.example").unavailable());
}

TEST_CASE("a file that is no roll is unavailable to a reader and made anew by the writer", "[lmdb]") {
  const TempDir dir;
  const std::string data = dir / "data.mdb";
  const auto roll = reader(dir.path());
  for (const std::string& garbage :
       {std::string(), std::string("x"), std::string(100'000, 'x'), std::string(8192, '\0')}) {
    CAPTURE(garbage.size());
    write_all(data, garbage);
    CHECK(roll->list_at(posting).unavailable());
    const auto file = writer(dir.path());
    CHECK(roll->list_at(posting).unavailable());
    put(*file, version(1));
    CHECK(whole_version(*roll) == 1);
  }
}

TEST_CASE("a file that was cut off is unavailable, also in the middle of its use, and made anew", "[lmdb]") {
  const TempDir dir;
  const std::string data = dir / "data.mdb";
  const auto roll = reader(dir.path());
  for (const off_t left : {0, 5000, 100'000}) {
    CAPTURE(left);
    const auto file = writer(dir.path());
    put(*file, version(1, 2000));
    CHECK(whole_version(*roll) == 1);
    Child other([&] {
      const auto its = reader(dir.path());
      if (whole_version(*its) != 1) return 1;
      ::raise(SIGSTOP);
      if (!its->list_at(posting).unavailable()) return 2;
      ::raise(SIGSTOP);
      return whole_version(*its) == 2 ? 0 : 3;
    });
    other.wait_until_stopped();
    REQUIRE(::truncate(data.c_str(), left) == 0);
    other.go_on();
    other.wait_until_stopped();
    put(*file, version(2, 2000));
    CHECK(whole_version(*roll) == 2);
    other.go_on();
    CHECK(other.wait() == 0);
  }
}

TEST_CASE("readers notice that the files were replaced", "[lmdb]") {
  const TempDir dir;
  const auto file = writer(dir.path());
  put(*file, version(1));
  Child other([&] {
    const auto roll = reader(dir.path());
    if (whole_version(*roll) != 1) return 1;
    ::raise(SIGSTOP);
    return whole_version(*roll) == 2 ? 0 : 2;
  });
  other.wait_until_stopped();
  for (const char* name : {"data.mdb", "lock.mdb"}) REQUIRE(::unlink((dir / name).c_str()) == 0);
  put(*file, version(2));
  other.go_on();
  CHECK(other.wait() == 0);
  CHECK(whole_version(*reader(dir.path())) == 2);
}

TEST_CASE("a full disk leaves the roll as it was", "[lmdb]") {
  const TempDir dir;
  put(*writer(dir.path()), version(1));
  Child child([&] {
    const auto file = RollFile::open(dir.path());
    if (!file) return 1;
    // Past this size a write fails, as on a full disk.
    const rlimit limit = {1 << 20, 1 << 20};
    if (std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR || ::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    const auto refused = (*file)->replace(version(2, 20'000));
    if (refused || refused.error().kind != ErrorKind::unavailable) return 3;
    return whole_version(*reader(dir.path())) == 1 && (*file)->replace(version(3)) ? 0 : 4;
  });
  CHECK(child.wait() == 0);
  CHECK(whole_version(*reader(dir.path())) == 3);
}

TEST_CASE("a process writes a roll once at a time", "[lmdb]") {
  const TempDir dir;
  auto file = writer(dir.path());
  const auto second = RollFile::open(dir.path());
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::conflict);
  file.reset();
  CHECK(RollFile::open(dir.path()));
}

TEST_CASE("the roll's directory must stand, and is named when it does not", "[lmdb]") {
  const TempDir dir;
  const auto missing = RollFile::open(dir / "nowhere");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::not_found);
  CHECK_THAT(missing.error().what, Contains(dir / "nowhere"));
  write_all(dir / "file", "");
  CHECK_FALSE(RollFile::open(dir / "file"));
  const auto file = LmdbRoll::open(dir / "file");
  REQUIRE_FALSE(file);
  CHECK(file.error().kind == ErrorKind::bad_input);
}

TEST_CASE("the files have the modes that let the group read and nobody else write, whatever the umask",
          "[lmdb]") {
  for (const mode_t mask : {0000U, 0007U, 0077U, 0177U}) {
    const TempDir dir;
    const mode_t before = ::umask(mask);
    const auto file = RollFile::open(dir.path());
    ::umask(before);
    REQUIRE(file);
    CAPTURE(mask);
    CHECK((about(dir / "data.mdb").st_mode & 07777) == 0640);
    CHECK((about(dir / "lock.mdb").st_mode & 07777) == 0660);
  }
}
