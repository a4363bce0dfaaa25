// The roll on disk: an LMDB environment (data.mdb and lock.mdb in one directory) that one program writes and
// any number of programs on this host ask without waiting for each other. It holds copies of what the
// register or a roster says: a file that is damaged or of another format is made anew by the writer.
// adapters/lmdb/record.h has the format of its records.
//
// Who may do what: the directory's owner writes. A reader needs read access to data.mdb and, because LMDB
// notes its readers there, write access to lock.mdb; the files are 0640 and 0660 and take the group of a
// set-group-id directory. A taken-over reader can thus stall, and not alter: by what it writes into lock.mdb
// it can keep the writer from writing, end the processes that have the roll open or keep them from opening
// it, and keep the roll's last change from being seen until the writer notices. Each answer to a question
// stays one that the writer wrote, as its last word or the one before it; every question is compared with
// data.mdb for that.
//
// Every change is one transaction, on disk when the call returns: after a crash at any moment the roll says
// what it said before, or what was written. Damage inside LMDB's own pages (a failing disk) is not found by
// it; a file that is no LMDB file, that is too short, or whose records are not of their form, is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/policy/roll_contents.h"

struct MDB_txn;

namespace portavoz {

class LmdbEnvironment;

namespace lmdb {
struct Following;
}

enum class RollChange : std::uint8_t { none, written };

// What a roll that follows a register came to.
struct RollWritten {
  RollChange change = RollChange::none;  // `none` when nothing but the last word and the position is new
  RollCounts counts;
};

// The one writer. Errors: conflict (a second one in this process), forbidden (permissions), not_found (the
// directory), bad_input (contents that no record can hold), unavailable (disk full, and during
// compare() a reader that was stopped in the middle of a question and holds old pages: named by its process
// id); then the roll stays as it was. A change that finds no room for such a reader moves to a copy of the
// files. Threads: one at a time.
class RollFile {
 public:
  // Makes the files where they are missing. The directory must stand, and be this process's user's: files of
  // another user (root, for one) could not be read by the gate, and root must not write where others may put
  // links.
  [[nodiscard]] static Result<std::unique_ptr<RollFile>> open(const std::string& directory);
  ~RollFile();
  RollFile(const RollFile&) = delete;
  RollFile& operator=(const RollFile&) = delete;

  // Makes the roll say exactly this, which follows no register. Only what differs is written; `none` when
  // that is the last word alone.
  [[nodiscard]] Result<RollChange> replace(const RollContents& contents);

  // How far the roll has followed a register. Nothing when it has not: never filled, not readable, or built
  // from a roster or by a release that knew no positions.
  [[nodiscard]] std::optional<RollPosition> position() const;
  [[nodiscard]] std::optional<LastWord> last_word() const;

  // Takes over the part that changed, with the position that it brings the roll to, in one transaction. Doing
  // it twice changes nothing. Error `conflict`: the roll has no position; it is to be compared.
  [[nodiscard]] Result<RollWritten> update(const RollUpdate& update, const RollPosition& position,
                                           Instant heard);

  // Makes the roll say what the source says; only what differs is written, in one transaction, and no more
  // than the source's handfuls is held in memory beside LMDB's own pages. A roll that was never filled is
  // filled in several transactions, and has no last word until the last one. Readers are not held up.
  // `contacts`: about how many there will be. An error of the source is handed through.
  [[nodiscard]] Result<RollWritten> compare(RollSource& source, std::size_t contacts,
                                            const RollPosition& position, Instant heard);

 private:
  using Change = std::function<int(MDB_txn*, unsigned)>;  // LmdbEnvironment's

  explicit RollFile(std::shared_ptr<LmdbEnvironment> environment);
  [[nodiscard]] std::optional<lmdb::Following> following() const;
  [[nodiscard]] Result<int> commit(const Change& change, std::size_t room);
  [[nodiscard]] Result<void> committed(const Result<int>& status) const;
  [[nodiscard]] Result<RollWritten> load_first(RollSource& source, std::size_t room,
                                               const RollPosition& position, Instant heard);
  [[nodiscard]] Result<RollWritten> merge_all(RollSource& source, std::size_t room,
                                              const RollPosition& position, Instant heard);
  [[nodiscard]] Error full() const;

  std::shared_ptr<LmdbEnvironment> environment_;
};

// The reader. Each question is a transaction of its own on what stands at that moment. Without a roll (no
// file yet, an empty one, one of another format, a damaged one, no access) every question is unavailable and
// says why; it answers as soon as there is one. Threads: any; not across fork(): the child opens its own.
class LmdbRoll final : public Roll {
 public:
  // Errors: bad_input when `directory` is something else than a directory, forbidden when it may not be
  // entered.
  [[nodiscard]] static Result<std::unique_ptr<LmdbRoll>> open(const std::string& directory);

  [[nodiscard]] Lookup<GuardedList> list_at(const std::string& address) const override;
  [[nodiscard]] Lookup<GuardedList> list_with_local_part(const std::string& local_part) const override;
  [[nodiscard]] Lookup<bool> has_list_in(const std::string& domain) const override;
  [[nodiscard]] Lookup<Designation> designation(std::int64_t list_id, const MailAddress& from) const override;
  [[nodiscard]] Lookup<bool> was_posted(std::int64_t list_id, const std::string& mark) const override;
  [[nodiscard]] Lookup<std::string> seal_key(const std::string& key_id) const override;
  [[nodiscard]] std::optional<LastWord> last_word() const override;

  // How much it holds, counted record by record: for people, not for each message.
  [[nodiscard]] Lookup<RollCounts> counts() const;

  // All of it, every record read and looked at (adapters/lmdb/whole.h). Errors: not_found when there is no
  // roll yet, bad_input when one of its records is damaged, forbidden, unavailable.
  [[nodiscard]] Result<RollContents> contents() const;

 private:
  explicit LmdbRoll(std::shared_ptr<LmdbEnvironment> environment);
  std::shared_ptr<LmdbEnvironment> environment_;
};

}  // namespace portavoz
