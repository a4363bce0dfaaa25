#include "adapters/lmdb/environment.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portavoz {
namespace {

constexpr mode_t data_mode = 0640;
constexpr mode_t lock_mode = 0660;
// Each delivery is a process of its own, and LMDB's default of 126 is less than a mail server may run at
// once.
constexpr unsigned max_readers = 4096;
constexpr std::size_t first_map_octets = std::size_t{16} << 20;
constexpr int attempts = 5;
constexpr int hold_attempts = 40;
constexpr unsigned reader_check_period = 64;
// A process that closes the files as the last one destroys their locks under one that opens them at that
// moment.
constexpr int open_attempts = 40;
constexpr std::chrono::milliseconds open_pause{5};

std::string reason(int status) {
  // Not mdb_strerror for the system's numbers: strerror is not for several threads.
  return status > 0 ? std::generic_category().message(status) : mdb_strerror(status);
}

std::string canonical(const std::string& directory) {
  std::error_code failed;
  const auto path = std::filesystem::weakly_canonical(directory, failed);
  return failed ? directory : path.string();
}

}  // namespace

// Which environments this process has. One that is being closed keeps its place until it is closed.
struct LmdbEnvironment::Registry {
  std::mutex mutex;
  std::condition_variable gone;
  std::map<std::string, std::weak_ptr<LmdbEnvironment>> known;
};

LmdbEnvironment::Registry& LmdbEnvironment::registry() {
  static Registry registry;
  return registry;
}

std::shared_ptr<LmdbEnvironment> LmdbEnvironment::of(const std::string& directory) {
  Registry& all = registry();
  // The process id: after fork() the parent's environment must not be used.
  const std::string name = std::to_string(::getpid()) + " " + canonical(directory);
  std::shared_ptr<LmdbEnvironment> environment;
  std::unique_lock lock(all.mutex);
  all.gone.wait(lock, [&] {
    const auto found = all.known.find(name);
    if (found == all.known.end()) return true;
    environment = found->second.lock();
    return environment != nullptr;
  });
  if (environment) return environment;
  environment.reset(new LmdbEnvironment(directory, name), [&all](LmdbEnvironment* closing) {
    const std::lock_guard closing_lock(all.mutex);
    all.known.erase(closing->name_);
    delete closing;
    all.gone.notify_all();
  });
  all.known[name] = environment;
  return environment;
}

LmdbEnvironment::LmdbEnvironment(std::string directory, std::string name)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      data_(directory_ + "/data.mdb"),
      lock_(directory_ + "/lock.mdb"),
      copy_(data_ + ".new") {}

LmdbEnvironment::~LmdbEnvironment() { close(); }

bool LmdbEnvironment::is_damage(int status) {
  return status == MDB_INVALID || status == MDB_VERSION_MISMATCH || status == MDB_CORRUPTED ||
         status == MDB_PAGE_NOTFOUND;
}

// ---- opening and closing

void LmdbEnvironment::close() {
  for (MDB_txn* transaction : idle_) mdb_txn_abort(transaction);
  idle_.clear();
  environment_.reset();
}

// Whether the files that are open are still those in the directory. The writer's own process need not ask the
// system at each question, because nobody but the writer puts other files there; it looks whenever it writes.
bool LmdbEnvironment::stands(Look look) const {
  if (environment_ && writable_ && look == Look::where_others_write) return true;
  struct stat about = {};
  return environment_ && ::stat(data_.c_str(), &about) == 0 && about.st_dev == device_ &&
         about.st_ino == inode_ && static_cast<std::size_t>(about.st_size) >= map_octets_;
}

Result<LmdbEnvironment::Shared> LmdbEnvironment::opened(Look look) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    Shared shared(mutex_);
    if (stands(look)) return shared;
    shared.unlock();
    const std::unique_lock unique(mutex_);
    if (stands(look)) continue;
    if (const int status = take_over_files(); status != 0) return error("open", status);
  }
  return error("open", EAGAIN);  // somebody replaces the files again and again
}

// Opens what stands now. The writer makes it where it is missing or damaged.
int LmdbEnvironment::take_over_files() {
  const int status = open_files();
  if (!writable_ || !is_damage(status)) return status;
  if (const int removed = remove_files(); removed != 0) return removed;
  return open_files();
}

int LmdbEnvironment::open_files() {
  close();
  struct stat about = {};
  const int missing = ::stat(data_.c_str(), &about) != 0 ? errno : 0;
  if (missing != 0 && (!writable_ || missing != ENOENT)) return missing;
  const bool empty = missing != 0 || about.st_size == 0;
  if (empty && !writable_) return ENOENT;

  int status = try_open();
  for (int attempt = 0; status == EINVAL && attempt < open_attempts; ++attempt) {
    std::this_thread::sleep_for(open_pause);
    status = try_open();
  }
  if (status != 0) return status;
  if (!empty && !stands()) status = MDB_INVALID;  // cut off, or replaced this moment
  if (status == 0 && writable_) status = set_modes();
  if (status == 0 && writable_) status = set_map_size(std::max(map_octets_, first_map_octets));
  if (status != 0) close();
  return status;
}

// 0 when the environment is open and its locks work.
int LmdbEnvironment::try_open() {
  close();
  MDB_env* made = nullptr;
  if (const int status = mdb_env_create(&made); status != 0) return status;
  environment_.reset(made);
  int status = mdb_env_set_maxreaders(made, max_readers);
  // Without thread-local slots a transaction is not bound to a thread, and an idle one can be used again by
  // any.
  const unsigned flags = MDB_NOTLS | (writable_ ? 0U : MDB_RDONLY);
  if (status == 0) status = mdb_env_open(made, directory_.c_str(), flags, data_mode);

  MDB_envinfo info = {};
  struct stat about = {};
  int descriptor = -1;
  if (status == 0) status = mdb_env_info(made, &info);
  if (status == 0) status = mdb_env_get_fd(made, &descriptor);
  if (status == 0 && ::fstat(descriptor, &about) != 0) status = errno;
  map_octets_ = info.me_mapsize;
  device_ = about.st_dev;
  inode_ = about.st_ino;

  MDB_txn* transaction = nullptr;
  if (status == 0) status = mdb_txn_begin(made, nullptr, MDB_RDONLY, &transaction);
  if (status == 0) status = mdb_dbi_open(transaction, nullptr, 0, &main_);
  mdb_txn_abort(transaction);
  if (status == 0 && writable_) {
    status = mdb_txn_begin(made, nullptr, 0, &transaction);
    if (status == 0) mdb_txn_abort(transaction);
  }
  if (status != 0) close();
  return status;
}

// LMDB has one mode for both files, and the umask takes from it; here each has its own, whatever the umask
// says.
int LmdbEnvironment::set_modes() const {
  for (const auto& [path, mode] : {std::pair(&data_, data_mode), std::pair(&lock_, lock_mode)}) {
    struct stat about = {};
    if (::stat(path->c_str(), &about) != 0) return errno;
    if ((about.st_mode & 07777) != mode && ::chmod(path->c_str(), mode) != 0) return errno;
  }
  return 0;
}

int LmdbEnvironment::set_map_size(std::size_t octets) {
  MDB_envinfo info = {};
  struct stat about = {};
  int descriptor = -1;
  int status = mdb_env_set_mapsize(environment_.get(), octets);
  if (status == 0) status = mdb_env_info(environment_.get(), &info);
  if (status == 0) status = mdb_env_get_fd(environment_.get(), &descriptor);
  if (status == 0 && ::fstat(descriptor, &about) != 0) status = errno;
  if (status != 0) return status;
  map_octets_ = info.me_mapsize;
  if (static_cast<std::size_t>(about.st_size) >= map_octets_) return 0;
  return ::ftruncate(descriptor, static_cast<off_t>(map_octets_)) == 0 ? 0 : errno;
}

int LmdbEnvironment::remove_files() const {
  for (const std::string* path : {&data_, &lock_})
    if (::unlink(path->c_str()) != 0 && errno != ENOENT) return errno;
  return 0;
}

void LmdbEnvironment::follow_map_size() {
  const std::unique_lock unique(mutex_);
  if (!environment_) return;
  MDB_envinfo info = {};
  if (mdb_env_set_mapsize(environment_.get(), 0) == 0 && mdb_env_info(environment_.get(), &info) == 0)
    map_octets_ = info.me_mapsize;
  else
    close();
}

// What a transaction that could not begin asks for, before it is tried again.
void LmdbEnvironment::close_after(int status) {
  if (status == MDB_MAP_RESIZED) return follow_map_size();
  const std::unique_lock unique(mutex_);
  close();
}

// ---- for readers

int LmdbEnvironment::begin_reading(MDB_txn*& transaction) {
  {
    const std::lock_guard lock(idle_mutex_);
    if (!idle_.empty()) {
      transaction = idle_.back();
      idle_.pop_back();
    }
  }
  if (transaction != nullptr) {
    const int status = mdb_txn_renew(transaction);
    if (status != 0) mdb_txn_abort(transaction);
    return status;
  }
  int status = mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &transaction);
  if (status == MDB_READERS_FULL && mdb_reader_check(environment_.get(), nullptr) == 0)
    status = mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &transaction);
  return status;
}

Result<LmdbEnvironment::Snapshot> LmdbEnvironment::snapshot() {
  for (int attempt = 0; attempt < hold_attempts; ++attempt) {
    auto taken = begin_snapshot();
    // LMDB itself gives a newer state than it says to a reader that stood still while it began.
    if (!taken || taken->holds()) return taken;
  }
  return lock_file_lies();
}

Result<LmdbEnvironment::Snapshot> LmdbEnvironment::begin_snapshot() {
  for (int attempt = 1;; ++attempt) {
    auto shared = opened(Look::where_others_write);
    if (!shared) return shared.error();
    MDB_txn* transaction = nullptr;
    const int status = begin_reading(transaction);
    if (status == 0) return Snapshot(*this, std::move(*shared), transaction);
    if (status == MDB_READERS_FULL || attempt == attempts) return error("read", status);
    shared->unlock();
    close_after(status);
  }
}

LmdbEnvironment::Snapshot::Snapshot(LmdbEnvironment& environment, Shared lock, MDB_txn* transaction)
    : environment_(&environment), lock_(std::move(lock)), transaction_(transaction) {}

LmdbEnvironment::Snapshot::~Snapshot() {
  if (!transaction_) return;
  mdb_txn_reset(transaction_.get());
  const std::lock_guard lock(environment_->idle_mutex_);
  environment_->idle_.push_back(transaction_.release());
}

Lookup<std::string_view> LmdbEnvironment::Snapshot::get(std::string_view key) const {
  if (key.size() > lmdb::max_key_octets) return Absent{};
  MDB_val wanted = {key.size(), const_cast<char*>(key.data())};  // LMDB reads keys only
  MDB_val found = {};
  const int status = mdb_get(transaction_.get(), environment_->main_, &wanted, &found);
  if (status == MDB_NOTFOUND) return Absent{};
  if (status != 0) return Unavailable{environment_->error("read", status).what};
  return std::string_view(static_cast<const char*>(found.mv_data), found.mv_size);
}

Lookup<std::size_t> LmdbEnvironment::Snapshot::count(char first) const {
  MDB_cursor* opened = nullptr;
  if (const int status = mdb_cursor_open(transaction_.get(), environment_->main_, &opened); status != 0)
    return Unavailable{environment_->error("read", status).what};
  const Owned<MDB_cursor, mdb_cursor_close> cursor(opened);
  MDB_val key = {1, &first};
  MDB_val value = {};
  std::size_t found = 0;
  int status = mdb_cursor_get(cursor.get(), &key, &value, MDB_SET_RANGE);
  for (; status == 0 && *static_cast<const char*>(key.mv_data) == first; ++found)
    status = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT);
  if (status != 0 && status != MDB_NOTFOUND) return Unavailable{environment_->error("read", status).what};
  return found;
}

bool LmdbEnvironment::Snapshot::holds() const {
  std::atomic_thread_fence(std::memory_order_acquire);  // what was read, was read before
  MDB_envinfo info = {};
  if (mdb_env_info(environment_->environment_.get(), &info) != 0) return false;
  // The writer notes a state in data.mdb first, and in lock.mdb once it is on disk: until then readers get
  // the one before. Its pages are used again by the third change after it, which cannot have begun while the
  // last state is the next one, whatever lock.mdb says of readers.
  const std::size_t state = mdb_txn_id(transaction_.get());
  return info.me_last_txnid == state || info.me_last_txnid == state + 1;
}

Lookup<std::vector<lmdb::Record>> LmdbEnvironment::Snapshot::records() const {
  MDB_cursor* opened = nullptr;
  if (const int status = mdb_cursor_open(transaction_.get(), environment_->main_, &opened); status != 0)
    return Unavailable{environment_->error("read", status).what};
  const Owned<MDB_cursor, mdb_cursor_close> cursor(opened);
  const auto text = [](const MDB_val& octets) {
    return std::string(static_cast<const char*>(octets.mv_data), octets.mv_size);
  };
  std::vector<lmdb::Record> all;
  MDB_val key = {};
  MDB_val value = {};
  int status = mdb_cursor_get(cursor.get(), &key, &value, MDB_FIRST);
  for (; status == 0; status = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT))
    all.push_back({text(key), text(value)});
  if (status != MDB_NOTFOUND) return Unavailable{environment_->error("read", status).what};
  return all;
}

// ---- for the writer

Result<void> LmdbEnvironment::make_writable() {
  const std::unique_lock unique(mutex_);
  if (writable_)
    return Error{ErrorKind::conflict, "this process writes the roll in " + directory_ + " already"};
  writable_ = true;
  ::unlink(copy_.c_str());  // a writer that was killed may have left it
  const int status = take_over_files();
  if (status == 0) return {};
  writable_ = false;
  return error("open", status);
}

void LmdbEnvironment::no_longer_writable() {
  const std::unique_lock unique(mutex_);
  writable_ = false;
}

Result<int> LmdbEnvironment::write(const Change& change) {
  for (int attempt = 1;; ++attempt) {
    auto shared = opened(Look::always);
    if (!shared) return shared.error();
    // The slots of readers that died; what they held becomes free. To ask the system about five hundred of
    // them takes ten times as long as a change.
    if (writes_++ % reader_check_period == 0)
      if (const int status = mdb_reader_check(environment_.get(), nullptr); status != 0) return status;
    MDB_txn* begun = nullptr;
    int status = mdb_txn_begin(environment_.get(), nullptr, 0, &begun);
    if (status == 0) {
      Owned<MDB_txn, mdb_txn_abort> transaction(begun);
      MDB_envinfo info = {};
      if (mdb_env_info(environment_.get(), &info) != 0 || mdb_txn_id(begun) != info.me_last_txnid + 1)
        return lock_file_lies();
      status = change(begun, main_);
      return status != 0 ? status : mdb_txn_commit(transaction.release());
    }
    if (attempt == attempts) return status;
    shared->unlock();
    close_after(status);
  }
}

Result<bool> LmdbEnvironment::grow(std::size_t limit) {
  const std::unique_lock unique(mutex_);
  int dead_readers = 0;
  if (environment_ && mdb_reader_check(environment_.get(), &dead_readers) == 0 && dead_readers > 0)
    return true;
  if (!environment_ || map_octets_ >= limit) return false;
  if (const int status = set_map_size(std::min(map_octets_ * 2, limit)); status != 0)
    return error("enlarge", status);
  return true;
}

void LmdbEnvironment::release_memory() {
  const std::unique_lock unique(mutex_);
  close();
  ::malloc_trim(0);  // single pages, which the C library would keep for later
}

int LmdbEnvironment::write_copy() const {
  const int file = ::open(copy_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, data_mode);
  if (file < 0) return errno;
  int status = mdb_env_copyfd2(environment_.get(), file, MDB_CP_COMPACT);
  if (status == 0 && ::ftruncate(file, static_cast<off_t>(map_octets_)) != 0) status = errno;
  if (status == 0 && ::fsync(file) != 0) status = errno;
  ::close(file);
  return status;
}

Result<void> LmdbEnvironment::move_to_copy() {
  const std::unique_lock unique(mutex_);
  if (!environment_) return {};
  int status = write_copy();
  if (status == 0) {
    close();
    // The lock file first: what it says of the old file must not be believed of the new one.
    if (::unlink(lock_.c_str()) != 0 && errno != ENOENT) status = errno;
    if (status == 0 && ::rename(copy_.c_str(), data_.c_str()) != 0) status = errno;
    if (status == 0) status = open_files();
  }
  if (status == 0) return {};
  ::unlink(copy_.c_str());
  return error("copy", status);
}

Result<void> LmdbEnvironment::start_anew() {
  const std::unique_lock unique(mutex_);
  close();
  int status = remove_files();
  if (status == 0) status = open_files();
  if (status != 0) return error("make anew", status);
  return {};
}

pid_t LmdbEnvironment::oldest_reader() {
  struct Oldest {
    unsigned long long state = std::numeric_limits<unsigned long long>::max();
    int process = 0;
  };
  // One line a reader: process, thread, and the number of the state it reads, or "-".
  const auto line = [](const char* text, void* context) {
    auto& oldest = *static_cast<Oldest*>(context);
    int process = 0;
    unsigned long long state = 0;
    if (std::sscanf(text, "%d %*x %llu", &process, &state) == 2 && state < oldest.state)
      oldest = {state, process};
    return 0;
  };
  Oldest oldest;
  const Shared shared(mutex_);
  if (environment_) mdb_reader_list(environment_.get(), line, &oldest);
  return oldest.process;
}

Error LmdbEnvironment::lock_file_lies() const {
  return {ErrorKind::unavailable,
          "lock.mdb does not fit data.mdb in " + directory_ +
              ": another program than gate and door wrote into it; find out who may write there, stop gate "
              "and doors, remove lock.mdb, and start them"};
}

Error LmdbEnvironment::error(const std::string& doing, int status) const {
  if (status == ENOENT) return {ErrorKind::not_found, "there is no roll in " + directory_ + " yet"};
  const std::string what = "cannot " + doing + " the roll in " + directory_ + ": " + reason(status);
  if (status == EACCES || status == EPERM || status == EROFS)
    return {ErrorKind::forbidden,
            what +
                "; its writer must own that directory, and a reader must be in its group "
                "(read data.mdb, write lock.mdb)"};
  if (is_damage(status))
    return {ErrorKind::bad_input, what + "; the file is damaged; whoever fills it makes it anew"};
  return {ErrorKind::unavailable, what};
}

}  // namespace portavoz
