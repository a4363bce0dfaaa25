#include "milter/verdict_spool.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "adapters/os/log.h"

namespace portavoz {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_spool_octets = std::uint64_t{64} << 20;
constexpr std::uint64_t unbounded = std::numeric_limits<std::uint64_t>::max();
// After carrying, and before the next try when that failed.
constexpr Millis pause_period{1'000};
constexpr Millis silence{10'000};         // of a register that owes an answer; then another server is sought
constexpr std::size_t batch_lines = 500;  // so many do not wait for the end of the pause

// New verdicts are appended to the first; the second is being carried, and is what a crash may leave.
std::string fresh_file(const std::string& directory) { return directory + "/verdicts.jsonl"; }
std::string carried_file(const std::string& directory) { return directory + "/verdicts.carried.jsonl"; }

// What the register will never take is kept for the operator to look at, and holds nothing else up.
std::string refused_file(const std::string& directory) { return directory + "/verdicts.refused.jsonl"; }

std::string json_array(const std::vector<std::string>& lines) {
  std::size_t octets = 2;
  for (const std::string& line : lines) octets += line.size() + 1;
  std::string array;
  array.reserve(octets);
  array += '[';
  for (const std::string& line : lines) array.append(line).append(1, ',');
  array.back() = ']';
  return array;
}

}  // namespace

VerdictSpool::LineFile::LineFile(std::string path, std::uint64_t max_octets)
    : path_(std::move(path)), max_octets_(max_octets) {}

Result<void> VerdictSpool::LineFile::append(std::string_view line) {
  if (!file_.valid()) {
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    const off_t end = file_.valid() ? ::lseek(file_.get(), 0, SEEK_END) : -1;
    if (end < 0) return error_from_errno("open", path_, errno);
    octets_ = static_cast<std::uint64_t>(end);
  }
  if (octets_ > max_octets_) return Error{ErrorKind::unavailable, "the file is full: " + path_};
  const ssize_t written = ::write(file_.get(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) {
    octets_ += line.size();
    return {};
  }
  const int why = written < 0 ? errno : ENOSPC;
  // A line that a full disk cut off must not run into the next one.
  if (::ftruncate(file_.get(), static_cast<off_t>(octets_)) != 0) log_warning("cannot mend " + path_);
  return error_from_errno("write", path_, why);
}

Result<std::unique_ptr<VerdictSpool>> VerdictSpool::open(std::string directory, std::string dsn) {
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    return Error{ErrorKind::unavailable, "cannot write to the spool directory " + directory +
                                             ": create it and give it to the gate's user (gate.spool)"};
  return std::unique_ptr<VerdictSpool>(new VerdictSpool(std::move(directory), std::move(dsn)));
}

VerdictSpool::VerdictSpool(std::string directory, std::string dsn)
    : directory_(std::move(directory)),
      dsn_(std::move(dsn)),
      fresh_(fresh_file(directory_), max_spool_octets),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void VerdictSpool::append(const VerdictRecord& verdict) {
  std::string line = verdict_json(verdict);
  line += '\n';
  const std::lock_guard lock(mutex_);
  if (auto written = fresh_.append(line); !written) {
    log_warning("this verdict stands only in the log: " + written.error().what);
    return;
  }
  ++waiting_;
  if (waiting_ == 1 || waiting_ == batch_lines) woken_.notify_one();
}

void VerdictSpool::carry_to(std::string dsn) {
  const std::lock_guard lock(mutex_);
  dsn_ = std::move(dsn);
  moved_ = true;
}

// Makes the lines so far the file to carry, unless an earlier one is still there, which goes first. False
// when there is nothing to carry.
bool VerdictSpool::take_fresh_file() {
  const std::lock_guard lock(mutex_);
  fresh_.close();
  std::error_code problem;
  if (fs::exists(carried_file(directory_), problem)) return true;
  waiting_ = 0;
  fs::rename(fresh_file(directory_), carried_file(directory_), problem);
  return !problem;
}

Result<void> VerdictSpool::carry() {
  if (!take_fresh_file()) return {};
  const std::string carried = carried_file(directory_);
  // Line by line: a spool that grew for days is not to stand in memory.
  std::ifstream lines(carried, std::ios::binary);
  if (!lines) return error_from_errno("open", carried, errno);
  std::vector<std::string> batch;
  std::string line;
  for (bool more = true; more;) {
    more = static_cast<bool>(std::getline(lines, line));
    if (more && !line.empty()) batch.push_back(line);
    if (batch.size() < batch_lines && more) continue;
    if (auto recorded = record(batch); !recorded) return recorded;
    batch.clear();
  }
  if (lines.bad()) return error_from_errno("read", carried, EIO);
  std::error_code problem;
  fs::remove(carried, problem);
  return {};
}

// Fails when the register is away; what it refuses is put aside.
Result<void> VerdictSpool::record(const std::vector<std::string>& lines) {
  auto sent = send(lines);
  if (sent || sent.error().kind != ErrorKind::bad_input) return sent;
  // A line that a crash cut off is not JSON, and is left out.
  std::vector<std::string> whole;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(whole), is_verdict_json);
  if (whole.size() < lines.size()) sent = send(whole);
  if (sent || sent.error().kind != ErrorKind::bad_input) return sent;
  log_error("the register refused verdicts, they are kept in " + refused_file(directory_) + ": " +
            sent.error().what);
  return LineFile(refused_file(directory_), unbounded).append(json_array(whole) + "\n");
}

Result<void> VerdictSpool::send(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string dsn;
  {
    const std::lock_guard lock(mutex_);
    dsn = dsn_;
    if (std::exchange(moved_, false)) register_.reset();
  }
  if (!register_) {
    auto opened = pg::Connection::open(dsn);
    if (!opened) return opened.error();
    register_ = std::move(*opened);
    register_->answer_within(silence);
  }
  std::vector<pg::Connection::Param> verdicts(1);  // not a list in braces, which would copy them
  verdicts.front() = json_array(lines);
  const auto inserted = register_->query("SELECT portavoz.record_verdicts($1::jsonb)", verdicts);
  if (!inserted) return inserted.error();
  return {};
}

void VerdictSpool::run(const std::stop_token& stop) {
  bool away = false;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (!woken_.wait(lock, stop, [this] { return waiting_ > 0; })) return;
    }
    const auto carried = carry();
    if (!carried) {
      register_.reset();
      if (!away) log_warning("verdicts wait in " + directory_ + " for the register: " + carried.error().what);
    }
    away = !carried;
    std::unique_lock lock(mutex_);
    if (away) waiting_ = std::max<std::size_t>(waiting_, 1);
    woken_.wait_for(lock, stop, pause_period, [&] { return !away && waiting_ >= batch_lines; });
    // At the end what waits goes along, unless the register has to be sought for first.
    if (stop.stop_requested() && !register_) return;
  }
}

}  // namespace portavoz
