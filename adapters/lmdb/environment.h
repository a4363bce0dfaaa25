// LmdbEnvironment: one LMDB environment of this process, shared by everything in it that reads or writes that
// directory. It opens the files when they are needed, and again when they were replaced, and keeps apart what
// LMDB forbids at the same time. It knows nothing of what the records mean.
//
// One a process: POSIX takes a process's locks off a file as soon as it closes any descriptor of it, so a
// second environment over the same files would unlock the first. The file is always as long as its map
// (sparse): a shorter one was cut off, and is not touched, because reading past the end of a mapped file
// kills the process. Errors: Result, with LMDB's reason in the sentence. Threads: any; after fork() the child
// asks for its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <lmdb.h>
#include <sys/types.h>

#include "adapters/lmdb/record.h"
#include "core/base/lookup.h"
#include "core/base/owned.h"
#include "core/base/result.h"

namespace portavoz {

class LmdbEnvironment {
 public:
  // What stood at one moment. Short-lived: LMDB keeps that state's pages until it is gone.
  class Snapshot {
   public:
    Snapshot(Snapshot&&) = default;
    Snapshot& operator=(Snapshot&&) = delete;
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    ~Snapshot();

    // Valid as long as this snapshot.
    [[nodiscard]] Lookup<std::string_view> get(std::string_view key) const;

    // How many keys begin with that octet. It walks over them.
    [[nodiscard]] Lookup<std::size_t> count(char first) const;

    // Whether this is still the last state or the one before: what was read until now is then one state,
    // whatever became of lock.mdb. That is where LMDB tells readers what to read and the writer what is still
    // read, and every reader can write it; this compares with data.mdb, which the writer alone can write.
    [[nodiscard]] bool holds() const;

    // Everything, by ascending key.
    [[nodiscard]] Lookup<std::vector<lmdb::Record>> records() const;

   private:
    friend class LmdbEnvironment;
    Snapshot(LmdbEnvironment& environment, std::shared_lock<std::shared_mutex> lock, MDB_txn* transaction);

    LmdbEnvironment* environment_;
    std::shared_lock<std::shared_mutex> lock_;
    Owned<MDB_txn, mdb_txn_abort> transaction_;
  };

  // The one of this process for that directory; it touches nothing yet.
  [[nodiscard]] static std::shared_ptr<LmdbEnvironment> of(const std::string& directory);
  ~LmdbEnvironment();
  LmdbEnvironment(const LmdbEnvironment&) = delete;
  LmdbEnvironment& operator=(const LmdbEnvironment&) = delete;

  // The last state that was written, or the one before it while the last is on its way to the disk. not_found
  // when there is no file or an empty one; unavailable when lock.mdb says what data.mdb does not.
  [[nodiscard]] Result<Snapshot> snapshot();

  // From now on the files are opened for writing, and made where they are missing or damaged.
  [[nodiscard]] Result<void> make_writable();
  // The writer is gone.
  void no_longer_writable();

  // One transaction, on disk when this returns 0; after anything else, LMDB's or the system's number, nothing
  // was written. It never builds on another state than the last. Precondition: make_writable() succeeded.
  using Change = std::function<int(MDB_txn*, MDB_dbi)>;
  [[nodiscard]] Result<int> write(const Change& change);

  // Makes room: what readers held that died, or else twice as many octets, up to the limit; false when there
  // are no such readers and it is as large already.
  [[nodiscard]] Result<bool> grow(std::size_t limit);
  // After a large change: closes the files until the next question, which finds them at the cost of opening.
  // As long as they are open LMDB keeps the memory of its largest change, and that is up to half a gigabyte.
  void release_memory();
  // Puts a copy of the last state in the place of these files, without what readers of older states hold: one
  // that was stopped while it read keeps the old files to itself. Whoever else has them open notices. Where
  // it fails nothing has changed.
  [[nodiscard]] Result<void> move_to_copy();
  // Puts empty files in the place of these. Whoever has the old ones open notices.
  [[nodiscard]] Result<void> start_anew();

  // Whether this status says that the files are not to be used any more.
  [[nodiscard]] static bool is_damage(int status);
  // The process id of a reader that holds the oldest state; 0 when none holds one.
  [[nodiscard]] pid_t oldest_reader();
  [[nodiscard]] Error error(const std::string& doing, int status) const;
  // What is wrong when a snapshot does not hold, however often it is taken.
  [[nodiscard]] Error lock_file_lies() const;
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  struct Registry;
  static Registry& registry();

  using Shared = std::shared_lock<std::shared_mutex>;
  LmdbEnvironment(std::string directory, std::string name);

  enum class Look : std::uint8_t { where_others_write, always };
  [[nodiscard]] Result<Shared> opened(Look look);
  [[nodiscard]] bool stands(Look look = Look::always) const;

  // The following need mutex_ unique.
  [[nodiscard]] int open_files();
  [[nodiscard]] int try_open();
  [[nodiscard]] int set_modes() const;
  [[nodiscard]] int set_map_size(std::size_t octets);
  [[nodiscard]] int take_over_files();
  [[nodiscard]] int remove_files() const;
  [[nodiscard]] int write_copy() const;
  void close();

  void follow_map_size();
  void close_after(int status);
  [[nodiscard]] Result<Snapshot> begin_snapshot();
  [[nodiscard]] int begin_reading(MDB_txn*& transaction);

  std::string directory_;
  std::string name_;  // in the registry
  std::string data_;  // path of the data file
  std::string lock_;  // path of the lock file
  std::string copy_;  // path of what is to become the data file

  std::shared_mutex mutex_;  // unique while the environment is opened, closed or mapped anew
  Owned<MDB_env, mdb_env_close> environment_;
  MDB_dbi main_ = 0;
  bool writable_ = false;
  dev_t device_ = 0;  // of the data file that is open
  ino_t inode_ = 0;
  std::size_t map_octets_ = 0;
  unsigned writes_ = 0;  // the writer's thread alone

  std::mutex idle_mutex_;
  std::vector<MDB_txn*>
      idle_;  // reset read transactions: they hold nothing, and spare the lock at the next question
};

}  // namespace portavoz
