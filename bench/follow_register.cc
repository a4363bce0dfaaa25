// Measures how a gate follows the register (bench/README.md): how long from COMMIT until a reader of the roll
// sees the change, beside a bare trigger's NOTIFY on the same server; and what reading everything costs.
// Needs a register with `contacts` designated contacts c1@example.org … on list 1. Prints rows of Markdown.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "adapters/lmdb/roll_file.h"
#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/pg/connection.h"
#include "adapters/pg/roll_reader.h"
#include "milter/roll_follower.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

double since(Clock::time_point start) { return Milliseconds(Clock::now() - start).count(); }

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "follow: %s\n", result.error().what.c_str());
  std::exit(1);
}
void must(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "follow: %s\n", result.error().what.c_str());
  std::exit(1);
}

// Memory of this process that no file backs, in MiB.
double private_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    double kib = 0;
    status >> kib;
    return kib / 1024;
  }
  return 0;
}

// While it lives: the most private memory, and the slowest of the questions that are asked of the roll.
class Watch {
 public:
  explicit Watch(const LmdbRoll& roll)
      : memory_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            most_ = std::max(most_.load(), private_mib());
            std::this_thread::sleep_for(Millis{5});
          }
        }),
        questions_([this, &roll](const std::stop_token& stop) {
          const auto address = *MailAddress::parse("c7@example.org");
          while (!stop.stop_requested()) {
            const auto start = Clock::now();
            (void)roll.designation(1, address).found();
            slowest_ = std::max(slowest_.load(), since(start));
            ++asked_;
            std::this_thread::sleep_for(Millis{1});
          }
        }) {}
  [[nodiscard]] double most_mib() const { return most_; }
  [[nodiscard]] double slowest() const { return slowest_; }
  [[nodiscard]] long asked() const { return asked_; }

 private:
  std::atomic<double> most_ = 0;
  std::atomic<double> slowest_ = 0;
  std::atomic<long> asked_ = 0;
  std::jthread memory_;
  std::jthread questions_;
};

// Every contact of another assembly than the register says: nothing in the roll stays.
class AllOther final : public RollSource {
 public:
  explicit AllOther(RollSource& source) : source_(source) {}
  Result<std::vector<GuardedList>> lists() override { return source_.lists(); }
  Result<std::vector<RollSealKey>> seal_keys() override { return source_.seal_keys(); }
  Result<std::vector<RollContact>> more_contacts() override {
    auto contacts = source_.more_contacts();
    if (contacts)
      for (RollContact& contact : *contacts) contact.designation.assembly += " renamed";
    return contacts;
  }
  Result<std::vector<RollMark>> more_marks() override { return source_.more_marks(); }

 private:
  RollSource& source_;
};

void print_reading(const char* what, double milliseconds, const Watch& watch) {
  std::printf("| %s | %.1f s | %.1f MiB | %.2f ms of %ld |\n", what, milliseconds / 1000, watch.most_mib(),
              watch.slowest(), watch.asked());
}

double percentile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void print_latency(const char* what, const std::vector<double>& values) {
  std::printf("| %s | %.2f ms | %.2f ms | %.2f ms |\n", what, percentile(values, 0.5),
              percentile(values, 0.99), percentile(values, 1));
}

void measure_reading(const std::string& gate_dsn, const std::string& directory, const LmdbRoll& roll) {
  std::printf(
      "| reading everything | time | most private memory | slowest question meanwhile "
      "|\n|---|---|---|---|\n");
  {
    const Watch watch(roll);
    const auto start = Clock::now();
    const RollFollower follower(gate_dsn, gate_dsn, "bench", must(RollFile::open(directory)));
    while (!roll.last_word() && since(start) < 600'000) std::this_thread::sleep_for(Millis{5});
    print_reading("first load", since(start), watch);
  }
  auto gate = must(pg::Connection::open(gate_dsn));
  const auto file = must(RollFile::open(directory));
  for (const bool other : {false, true, false}) {
    const Watch watch(roll);
    const auto start = Clock::now();
    const auto look = must(RollReader::begin(gate));
    AllOther renamed(*look);
    RollSource& source = other ? static_cast<RollSource&>(renamed) : *look;
    const auto count = must(look->contact_count());
    const auto written = must(file->compare(source, count, look->state().position, now()));
    print_reading(other                                ? "compared, every contact differs"
                  : written.change == RollChange::none ? "compared, nothing differs"
                                                       : "compared, all back",
                  since(start), watch);
  }
}

void measure_latency(const std::string& root_dsn, const std::string& gate_dsn, const std::string& directory,
                     const LmdbRoll& roll, int rounds) {
  auto root = must(pg::Connection::open(root_dsn));
  auto raw_listener = must(pg::Connection::open(gate_dsn));
  must(raw_listener.exec("LISTEN bench_raw"));
  must(root.exec(
      "CREATE TABLE bench_raw (n int); CREATE FUNCTION bench_raw() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_notify('bench_raw', ''); RETURN NULL; END $$; "
      "CREATE TRIGGER bench_raw AFTER INSERT ON bench_raw FOR EACH ROW EXECUTE FUNCTION bench_raw()"));
  const RollFollower follower(gate_dsn, gate_dsn, "bench", must(RollFile::open(directory)));
  const auto address = *MailAddress::parse("c7@example.org");
  const auto assembly = [&] {
    const auto found = roll.designation(1, address);
    return found.found() ? found.value().assembly : std::string();
  };
  std::vector<double> raw;
  std::vector<double> in_force;
  for (int round = -10; round < rounds; ++round) {
    must(root.exec("BEGIN; INSERT INTO bench_raw VALUES (1)"));
    auto start = Clock::now();
    std::thread commit([&] { must(root.exec("COMMIT")); });
    while (!raw_listener.wait_notification(Millis{10'000})) {
    }
    const double told = since(start);
    commit.join();
    const std::string name = "Assembly 7 of round " + std::to_string(round);
    must(root.exec("BEGIN; UPDATE portavoz.assemblies SET name = '" + name + "' WHERE assembly_id = 7"));
    start = Clock::now();
    std::thread second_commit([&] { must(root.exec("COMMIT")); });
    while (assembly() != name) std::this_thread::sleep_for(std::chrono::microseconds{50});
    const double seen = since(start);
    second_commit.join();
    if (round < 0) continue;  // the first ones find nothing warm
    raw.push_back(told);
    in_force.push_back(seen);
  }
  std::printf("\n| from COMMIT, %d times | p50 | p99 | most |\n|---|---|---|---|\n", rounds);
  print_latency("NOTIFY of a bare trigger reaches its listener", raw);
  print_latency("a reader of the roll sees the change", in_force);
  std::printf("\nratio of the medians: %.2f, of p99: %.2f\n",
              percentile(in_force, 0.5) / percentile(raw, 0.5),
              percentile(in_force, 0.99) / percentile(raw, 0.99));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: follow_register ROOT_DSN GATE_DSN ROUNDS (bench/follow runs it)\n", stderr);
    return 64;
  }
  log_open("follow");
  const test::TempDir directory;
  const auto roll = must(LmdbRoll::open(directory.path()));
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  measure_reading(argv[2], directory.path(), *roll);
  measure_latency(argv[1], argv[2], directory.path(), *roll, std::atoi(argv[3]));
  return 0;
}
