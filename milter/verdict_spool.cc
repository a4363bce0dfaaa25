#include "milter/verdict_spool.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "adapters/os/files.h"
#include "adapters/os/log.h"
#include "adapters/pg/connection.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t max_spool_octets = std::uintmax_t{64} << 20;
constexpr Millis retry_period{1'000};
constexpr std::size_t batch_lines = 500;

// New verdicts are appended to the first; the second is being carried, and is what a crash may leave.
std::string fresh_file(const std::string& directory) { return directory + "/verdicts.jsonl"; }
std::string carried_file(const std::string& directory) { return directory + "/verdicts.carried.jsonl"; }

// What the register will never take is kept for the operator to look at, and holds nothing else up.
std::string refused_file(const std::string& directory) { return directory + "/verdicts.refused.jsonl"; }

std::uintmax_t size_of(const std::string& path) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  return problem ? 0 : size;
}

Result<void> append_line(const std::string& path, const std::string& line) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid()) return error_from_errno("open", path, errno);
  const std::string text = line + "\n";
  const off_t end = lseek(file.get(), 0, SEEK_END);
  const ssize_t written = write(file.get(), text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) return {};
  const int why = written < 0 ? errno : ENOSPC;
  // A line that a full disk cut off must not run into the next one.
  if (end < 0 || ftruncate(file.get(), end) != 0) log_warning("cannot mend " + path);
  return error_from_errno("write", path, why);
}

// Whole lines as one JSON array each batch; a line cut by a crash is not JSON and is left out.
std::vector<std::string> batches_of(const std::string& octets) {
  std::vector<std::string> batches;
  std::string batch;
  std::size_t lines = 0;
  const auto close = [&] {
    if (lines > 0) batches.push_back("[" + batch + "]");
    batch.clear();
    lines = 0;
  };
  for (const std::string& line : split(octets, '\n')) {
    if (!is_verdict_json(line)) continue;
    batch += (lines > 0 ? "," : "") + line;
    if (++lines == batch_lines) close();
  }
  close();
  return batches;
}

}  // namespace

Result<std::unique_ptr<VerdictSpool>> VerdictSpool::open(std::string directory, std::string dsn) {
  if (access(directory.c_str(), W_OK | X_OK) != 0)
    return Error{ErrorKind::unavailable, "cannot write to the spool directory " + directory +
                                             ": create it and give it to the gate's user (gate.spool)"};
  return std::unique_ptr<VerdictSpool>(new VerdictSpool(std::move(directory), std::move(dsn)));
}

VerdictSpool::VerdictSpool(std::string directory, std::string dsn)
    : directory_(std::move(directory)),
      dsn_(std::move(dsn)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void VerdictSpool::append(const VerdictRecord& verdict) {
  const std::string line = verdict_json(verdict);
  {
    const std::lock_guard lock(mutex_);
    if (size_of(fresh_file(directory_)) > max_spool_octets) {
      log_warning("the verdict spool is full, this verdict stands only in the log: " + directory_);
      return;
    }
    if (auto written = append_line(fresh_file(directory_), line); !written)
      log_warning("this verdict stands only in the log: " + written.error().what);
    pending_ = true;
  }
  woken_.notify_one();
}

Result<void> VerdictSpool::carry(std::optional<pg::Connection>& connection) {
  const std::string carried = carried_file(directory_);
  {
    const std::lock_guard lock(mutex_);
    pending_ = false;
    std::error_code problem;
    // What an earlier try left goes first; only then may the fresh file take its place.
    if (!fs::exists(carried, problem)) fs::rename(fresh_file(directory_), carried, problem);
    if (problem) return {};  // nothing was spooled
    if (fs::exists(fresh_file(directory_), problem)) pending_ = true;
  }
  auto octets = read_file(carried, 2 * max_spool_octets);
  if (!octets) return octets.error();
  if (!connection) {
    auto opened = pg::Connection::open(dsn_);
    if (!opened) return opened.error();
    connection = std::move(*opened);
  }
  for (const std::string& batch : batches_of(*octets)) {
    auto inserted = connection->query("SELECT portavoz.record_verdicts($1::jsonb)", {batch});
    if (inserted) continue;
    if (inserted.error().kind != ErrorKind::bad_input) return inserted.error();
    log_error("the register refused verdicts, they are kept in " + refused_file(directory_) + ": " +
              inserted.error().what);
    if (auto kept = append_line(refused_file(directory_), batch); !kept) return kept.error();
  }
  std::error_code problem;
  fs::remove(carried, problem);
  return {};
}

void VerdictSpool::run(const std::stop_token& stop) {
  bool away = false;
  std::optional<pg::Connection>
      connection;  // kept from one time to the next: opening one costs more than a post
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!woken_.wait(lock, stop, [this] { return pending_; })) return;
    }
    const auto carried = carry(connection);
    if (carried) {
      away = false;
      continue;
    }
    connection.reset();
    if (!away) log_warning("verdicts wait in " + directory_ + " for the register: " + carried.error().what);
    away = true;
    std::unique_lock lock(mutex_);
    pending_ = true;
    woken_.wait_for(lock, stop, retry_period, [] { return false; });
  }
}

}  // namespace portavoz
