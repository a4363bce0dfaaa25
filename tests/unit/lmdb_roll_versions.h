// Rolls on disk that are told apart by a number which stands everywhere in them, and processes that write and
// read them. Threads: one test, one thread.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/lmdb/roll_file.h"
#include "tests/lib/catch.h"

namespace portavoz::lmdb_tests {

inline const Instant noon{Seconds(1795500000)};
inline const std::string posting = "avisos@listas.example";

// One of many rolls: everything in it carries its number, so that a mixture of two shows.
inline RollContents version(std::int64_t number, std::size_t contacts = 1) {
  const std::string text = std::to_string(number);
  RollContents all;
  all.lists = {{number, posting, {"es"}, "admin" + text + "@listas.example", {posting}, false}};
  for (std::size_t i = 0; i < contacts; ++i) {
    Designation contact;
    contact.contact_id = number;
    contact.assembly = "Assembly " + text + std::string(100, 'x');
    contact.address = "c" + std::to_string(i) + "@example.org";
    all.contacts.push_back({number, contact});
  }
  all.seal_keys = {{"0123456789abcdef", std::string(32, static_cast<char>('a' + number % 16))}};
  all.last_word = noon + Seconds(number);
  return all;
}

inline std::unique_ptr<RollFile> writer(const std::string& directory) {
  auto file = RollFile::open(directory);
  if (!file) FAIL(file.error().what);
  return std::move(*file);
}

inline std::unique_ptr<LmdbRoll> reader(const std::string& directory) {
  auto roll = LmdbRoll::open(directory);
  if (!roll) FAIL(roll.error().what);
  return std::move(*roll);
}

inline RollChange put(RollFile& file, const RollContents& contents) {
  const auto change = file.replace(contents);
  if (!change) FAIL(change.error().what);
  return *change;
}

inline MailAddress contact(std::size_t number) {
  return *MailAddress::parse("c" + std::to_string(number) + "@example.org");
}

// The number of the version that the roll has, all of it; 0 when it has none, -1 when it has parts of
// several.
inline std::int64_t whole_version(const Roll& roll) {
  const auto list = roll.list_at(posting);
  if (!list.found()) return 0;
  const std::int64_t number = list.value().id;
  const auto found = roll.designation(number, contact(0));
  const auto key = roll.seal_key("0123456789abcdef");
  const bool whole = list.value().admin_address == "admin" + std::to_string(number) + "@listas.example" &&
                     found.found() && found.value().contact_id == number && key.found() &&
                     key.value() == version(number).seal_keys.front().public_key &&
                     roll.last_word() == noon + Seconds(number);
  return whole ? number : -1;
}

// A process of its own, which runs the function and ends with what it gives.
class Child {
 public:
  explicit Child(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ < 0) FAIL("fork failed");
    if (pid_ == 0) ::_exit(body());
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) end();
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void wait_until_stopped() const {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, WUNTRACED) == pid_);
    REQUIRE(WIFSTOPPED(status));
  }
  void go_on() const { ::kill(pid_, SIGCONT); }
  // Its exit status; -1 after a signal.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void end() {
    ::kill(pid_, SIGKILL);
    wait();
  }

 private:
  pid_t pid_;
};

inline struct stat about(const std::string& path) {
  struct stat found = {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found;
}

}  // namespace portavoz::lmdb_tests
