// A roll of a given size for bench/roll: made, asked, changed; what it cost is said as JSON. What stands in
// it is the same in every run; the first list is that of bench/milter_driver.py.
//   roll_store fill DIR CONTACTS LISTS
//   roll_store ask DIR CONTACTS LISTS QUESTIONS             opening, looking up, memory
//   roll_store change DIR CONTACTS LISTS CHANGES PER_SECOND     each a transaction; 0 a second: no pause;
//                                                           otherwise no longer than they should take
//   roll_store watch DIR CONTACTS LISTS SECONDS             a question every half millisecond, and how long
//   it took roll_store crowd DIR CONTACTS LISTS READERS             processes with a question every 20 ms,
//   one of them
//                                                           stopped, until standard input ends
#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <lmdb.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/lmdb/environment.h"
#include "adapters/lmdb/record.h"
#include "adapters/lmdb/roll_file.h"

namespace {

using namespace portavoz;
using Clock = std::chrono::steady_clock;

const Instant heard{Seconds(std::time(nullptr))};  // as long as it is young, the gate decides by it

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "roll_store: %s\n", why.c_str());
  std::exit(1);
}

double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

double cpu_microseconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double part(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

// ---- what stands in the roll

struct Size {
  std::size_t contacts = 0;
  std::size_t lists = 0;
  [[nodiscard]] std::size_t each() const { return contacts / lists; }
};

std::string padded(std::size_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

std::string list_address(std::size_t number) {
  return (number == 0 ? "avisos" : "avisos" + padded(number, 5)) + "@listas.example";
}

GuardedList list(std::size_t number) {
  const std::string address = list_address(number);
  return {
      static_cast<std::int64_t>(number + 1), address, {"es", "en"}, "admin@listas.example", {address}, false};
}

RollContact contact(std::size_t list_number, std::size_t number, std::int64_t decision) {
  Designation of;
  of.contact_id = static_cast<std::int64_t>(list_number * 100'000 + number + 1);
  of.decision_id = decision;
  of.assembly = "Asamblea del barrio " + std::to_string(number);
  const std::string domain = "a" + padded(number % 100'000, 5) + ".example";
  of.address = "k" + padded(number, 8) + "@" + domain;
  of.proof.logins = {of.address};
  of.proof.signing_domains = {domain};
  return {static_cast<std::int64_t>(list_number + 1), std::move(of)};
}

MailAddress address(std::size_t number) {
  return *MailAddress::parse("k" + padded(number, 8) + "@a" + padded(number % 100'000, 5) + ".example");
}

// ---- how it is written; nothing else here knows that

class Writer {
 public:
  explicit Writer(const std::string& directory)
      : file_(open(directory)), environment_(LmdbEnvironment::of(directory)) {}

  // After many.
  void done() { environment_->release_memory(); }

  // One transaction.
  void put(const RollContents& some) {
    auto records = lmdb::encode(some);
    if (!records) fail(records.error().what);
    records->push_back({lmdb::heading_key(), lmdb::encode(lmdb::Heading{lmdb::roll_format, heard})});
    const auto change = [&](MDB_txn* transaction, MDB_dbi main) {
      for (lmdb::Record& record : *records) {
        MDB_val key = {record.key.size(), record.key.data()};
        MDB_val value = {record.value.size(), record.value.data()};
        if (const int status = mdb_put(transaction, main, &key, &value, 0); status != 0) return status;
      }
      return 0;
    };
    for (;;) {
      const auto written = environment_->write(change);
      if (!written) fail(written.error().what);
      if (*written == 0) return;
      if (*written != MDB_MAP_FULL) fail(mdb_strerror(*written));
      if (const auto grown = environment_->grow(std::size_t{1} << 36); !grown || !*grown) fail("no room");
    }
  }

 private:
  static std::unique_ptr<RollFile> open(const std::string& directory) {
    auto file = RollFile::open(directory);
    if (!file) fail(file.error().what);
    return std::move(*file);
  }

  std::unique_ptr<RollFile> file_;
  std::shared_ptr<LmdbEnvironment> environment_;
};

// ---- what the system says of this process

// KiB: what is this process's alone, without the roll's mapped file; and how much of that file it has
// touched.
struct Memory {
  std::size_t own = 0;
  std::size_t mapped = 0;
};

Memory memory() {
  Memory all;
  bool of_roll = false;
  std::ifstream file("/proc/self/smaps");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (line.find('-') < line.find(' ') && line.find(' ') < colon) {
      of_roll = line.ends_with("/data.mdb");
      continue;
    }
    const std::string name = line.substr(0, colon);
    const auto kib = std::strtoul(line.c_str() + colon + 1, nullptr, 10);
    if (!of_roll && (name == "Private_Clean" || name == "Private_Dirty")) all.own += kib;
    if (of_roll && name == "Rss") all.mapped += kib;
  }
  return all;
}

// Octets that this process handed to the system to write.
std::size_t octets_written() {
  std::ifstream file("/proc/self/io");
  for (std::string name; file >> name;) {
    std::size_t value = 0;
    file >> value;
    if (name == "wchar:") return value;
  }
  fail("/proc/self/io says nothing");
}

std::unique_ptr<LmdbRoll> open(const std::string& directory) {
  auto roll = LmdbRoll::open(directory);
  if (!roll) fail(roll.error().what);
  return std::move(*roll);
}

void must_find(const LmdbRoll& roll, std::size_t list_number, std::size_t number) {
  const auto found = roll.designation(static_cast<std::int64_t>(list_number + 1), address(number));
  if (found.unavailable()) fail(found.why());
  if (!found.found() ||
      found.value().contact_id != static_cast<std::int64_t>(list_number * 100'000 + number + 1))
    fail("a contact is not there");
}

// ---- the commands

void fill(const std::string& directory, const Size& size) {
  constexpr std::size_t at_once = 50'000;
  Writer writer(directory);
  RollContents some;
  for (std::size_t number = 0; number < size.lists; ++number) some.lists.push_back(list(number));
  writer.put(some);
  some = {};
  for (std::size_t of = 0; of < size.lists; ++of)
    for (std::size_t number = 0; number < size.each(); ++number) {
      some.contacts.push_back(contact(of, number, 1));
      if (some.contacts.size() < at_once) continue;
      writer.put(some);
      some.contacts.clear();
    }
  writer.put(some);
  writer.done();
  some = {};
  struct stat about = {};
  if (::stat((directory + "/data.mdb").c_str(), &about) != 0) fail("no file");
  std::printf("{\"disk_mib\": %.1f, \"own_kib\": %zu}\n", static_cast<double>(about.st_blocks) / 2048,
              memory().own);
}

void ask(const std::string& directory, const Size& size, std::size_t questions) {
  const std::size_t before = memory().own;
  const auto begin = Clock::now();
  const auto roll = open(directory);
  must_find(*roll, size.lists / 2, size.each() / 2);
  const double open_us = microseconds(Clock::now() - begin);

  std::mt19937 random(1);
  const auto each = [&](const auto& question) {
    const double start = cpu_microseconds();
    for (std::size_t asked = 0; asked < questions; ++asked) question();
    return (cpu_microseconds() - start) / static_cast<double>(questions);
  };
  const auto hit = [&] { must_find(*roll, random() % size.lists, random() % size.each()); };
  each(hit);  // the pages come into this process's map
  const double hit_us = each(hit);
  const double miss_us = each([&] {
    const auto found =
        roll->designation(static_cast<std::int64_t>(random() % size.lists + 1), address(99'999'999));
    if (!found.absent()) fail("a contact that nobody put in is there");
  });
  const double list_us = each([&] {
    if (!roll->list_at(list_address(random() % size.lists)).found()) fail("no list");
  });
  const Memory now = memory();
  std::printf(
      "{\"open_us\": %.1f, \"hit_us\": %.3f, \"miss_us\": %.3f, \"list_us\": %.3f, \"own_kib\": %zu, "
      "\"grown_kib\": "
      "%zu, \"mapped_kib\": %zu}\n",
      open_us, hit_us, miss_us, list_us, now.own, now.own - std::min(before, now.own), now.mapped);
}

void change(const std::string& directory, const Size& size, std::size_t changes, std::size_t per_second) {
  Writer writer(directory);
  std::random_device seed;
  std::mt19937 random(seed());
  std::vector<double> took;
  const std::size_t octets = octets_written();
  const double cpu = cpu_microseconds();
  const auto begin = Clock::now();
  const auto due = [&](std::size_t done) {
    return begin + std::chrono::nanoseconds(per_second == 0 ? 0 : 1'000'000'000 / per_second * done);
  };
  while (took.size() < changes && (per_second == 0 || Clock::now() <= due(changes))) {
    std::this_thread::sleep_until(due(took.size()));
    const auto start = Clock::now();
    RollContents one;
    one.contacts = {
        contact(random() % size.lists, random() % size.each(), static_cast<std::int64_t>(random()))};
    writer.put(one);
    took.push_back(microseconds(Clock::now() - start));
  }
  const double seconds = microseconds(Clock::now() - begin) / 1e6;
  const auto count = static_cast<double>(took.size());
  std::printf(
      "{\"cpu_us\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"octets\": %.0f, \"per_second\": %.0f}\n",
      (cpu_microseconds() - cpu) / count, part(took, 0.5), part(took, 0.99),
      static_cast<double>(octets_written() - octets) / count, count / seconds);
}

void watch(const std::string& directory, const Size& size, std::size_t seconds) {
  const auto roll = open(directory);
  std::mt19937 random(2);
  std::vector<double> took;
  for (const auto end = Clock::now() + std::chrono::seconds(seconds); Clock::now() < end;) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    const auto start = Clock::now();
    must_find(*roll, random() % size.lists, random() % size.each());
    took.push_back(microseconds(Clock::now() - start));
  }
  std::printf("{\"questions\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f}\n", took.size(),
              part(took, 0.5), part(took, 0.99), part(took, 1));
}

void crowd(const std::string& directory, const Size& size, std::size_t readers) {
  int ready[2] = {-1, -1};
  if (::pipe(ready) != 0) fail("pipe");
  std::vector<pid_t> children;
  for (std::size_t number = 0; number < readers; ++number) {
    const pid_t child = ::fork();
    if (child < 0) fail("fork");
    if (child > 0) {
      children.push_back(child);
      continue;
    }
    const auto roll = open(directory);
    std::mt19937 random(static_cast<unsigned>(number));
    for (bool first = true; ::getppid() != 1; first = false) {
      must_find(*roll, random() % size.lists, random() % size.each());
      if (first && ::write(ready[1], "r", 1) != 1) std::_Exit(1);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    std::_Exit(0);
  }
  char octet = 0;
  for (std::size_t number = 0; number < readers; ++number)
    if (::read(ready[0], &octet, 1) != 1) fail("a reader did not come up");
  ::kill(children.front(), SIGSTOP);
  std::puts("{}");
  std::fflush(stdout);
  while (::read(STDIN_FILENO, &octet, 1) > 0) continue;
  int failed = 0;
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) ++failed;  // before it was ended
  }
  if (failed > 0) fail(std::to_string(failed) + " readers failed");
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  const auto end = text.data() + text.size();
  if (std::from_chars(text.data(), end, value).ptr != end) fail("not a number: " + std::string(text));
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) fail("see the head of bench/roll_store.cc");
  const std::string_view command = argv[1];
  const std::string directory = argv[2];
  const Size size{number(argv[3]), number(argv[4])};
  if (size.lists == 0 || size.each() == 0) fail("too few contacts");
  const std::size_t count = argc > 5 ? number(argv[5]) : 0;
  if (command == "fill") fill(directory, size);
  if (command == "ask") ask(directory, size, count);
  if (command == "change") change(directory, size, count, argc > 6 ? number(argv[6]) : 0);
  if (command == "watch") watch(directory, size, count);
  if (command == "crowd") crowd(directory, size, count);
}
