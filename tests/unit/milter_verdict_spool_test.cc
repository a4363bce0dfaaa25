#include <csignal>
#include <filesystem>
#include <sstream>

#include <sys/resource.h>

#include "milter/verdict_spool.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::read_all;
using portavoz::test::TempDir;
using portavoz::test::write_all;

namespace {

// No file of this process grows past so many octets while it lives: writing stops in the middle, as on a full
// disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t octets) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{octets, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

VerdictRecord a_verdict(const std::string& queue_id) {
  VerdictRecord verdict;
  verdict.queue_id = queue_id;
  verdict.rule = "not-designated";
  return verdict;
}

// The whole lines that wait for the register.
std::vector<std::string> waiting(const TempDir& directory) {
  std::istringstream lines(read_all(directory / "verdicts.carried.jsonl") +
                           read_all(directory / "verdicts.jsonl"));
  std::vector<std::string> whole;
  for (std::string line; std::getline(lines, line);)
    if (is_verdict_json(line)) whole.push_back(line);
  return whole;
}

}  // namespace

TEST_CASE("a verdict that a full disk cut off does not spoil the next one", "[verdict-spool]") {
  const TempDir directory;
  auto spool = VerdictSpool::open(directory.path(), "host=" + directory / "no-register");
  REQUIRE(spool);
  {
    const FullDisk full(40);
    (*spool)->append(a_verdict("CUT"));
  }
  (*spool)->append(a_verdict("WHOLE"));
  spool->reset();  // whatever was being carried is in its place now
  const auto lines = waiting(directory);
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().find("WHOLE") != std::string::npos);
}

TEST_CASE("the spool takes no more than its bound while the register is away", "[verdict-spool]") {
  constexpr std::uintmax_t bound = std::uintmax_t{64} << 20;
  const TempDir directory;
  // As an outage of days leaves it; the part that is being carried does not count.
  write_all(directory / "verdicts.carried.jsonl", "x\n");
  write_all(directory / "verdicts.jsonl", "x\n");
  std::filesystem::resize_file(directory / "verdicts.jsonl", bound - 10);
  auto spool = VerdictSpool::open(directory.path(), "host=" + directory / "no-register");
  REQUIRE(spool);
  (*spool)->append(a_verdict("LAST"));
  const auto full = std::filesystem::file_size(directory / "verdicts.jsonl");
  CHECK(full > bound);
  for (int i = 0; i < 10; ++i) (*spool)->append(a_verdict("TOO-MANY"));
  CHECK(std::filesystem::file_size(directory / "verdicts.jsonl") == full);
}
