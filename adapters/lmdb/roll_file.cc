#include "adapters/lmdb/roll_file.h"

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include <lmdb.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/lmdb/environment.h"
#include "adapters/lmdb/record.h"
#include "adapters/lmdb/whole.h"

namespace portavoz {
namespace {

using lmdb::Heading;
using lmdb::Record;

MDB_val value_of(std::string_view octets) {
  return {octets.size(),
          const_cast<char*>(octets.data())};  // LMDB copies what is put and does not write to it
}

std::string_view view_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// Room for the old contents and the new ones beside each other, with what a tree of pages wastes, several
// times over: more is used only when a reader keeps old states alive.
std::size_t room_for(const std::vector<Record>& records) {
  std::size_t octets = 0;
  for (const Record& record : records) octets += record.key.size() + record.value.size() + 32;
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  return 64 * mebibyte + (8 * octets / mebibyte + 1) * mebibyte;
}

// Each may take a page of memory, which LMDB keeps while the files are open.
constexpr std::size_t few_changes = 1000;

// Walks the file and the records side by side, both by ascending key, and writes only what differs. Gives 0,
// or LMDB's number.
class Merge {
 public:
  Merge(MDB_txn* transaction, MDB_dbi main, const std::vector<Record>& records)
      : transaction_(transaction), main_(main), records_(records) {}

  int run() {
    MDB_cursor* opened = nullptr;
    if (const int status = mdb_cursor_open(transaction_, main_, &opened); status != 0) return status;
    const Owned<MDB_cursor, mdb_cursor_close> cursor(opened);
    MDB_val key = {};
    MDB_val value = {};
    auto record = records_.begin();
    int status = mdb_cursor_get(cursor.get(), &key, &value, MDB_FIRST);
    for (; status == 0; status = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
      if (view_of(key) == lmdb::heading_key()) continue;
      while (record != records_.end() && record->key < view_of(key)) missing_.push_back(&*record++);
      const bool known = record != records_.end() && record->key == view_of(key);
      if (!known) {
        superfluous_.emplace_back(view_of(key));
      } else {
        if (record->value != view_of(value)) missing_.push_back(&*record);
        ++record;
      }
    }
    if (status != MDB_NOTFOUND) return status;
    while (record != records_.end()) missing_.push_back(&*record++);
    return apply();
  }

  [[nodiscard]] std::size_t changes() const { return missing_.size() + superfluous_.size(); }

 private:
  int apply() {
    for (const std::string& gone : superfluous_) {
      MDB_val key = value_of(gone);
      if (const int status = mdb_del(transaction_, main_, &key, nullptr); status != 0) return status;
    }
    for (const Record* record : missing_) {
      MDB_val key = value_of(record->key);
      MDB_val value = value_of(record->value);
      if (const int status = mdb_put(transaction_, main_, &key, &value, 0); status != 0) return status;
    }
    return 0;
  }

  MDB_txn* transaction_;
  MDB_dbi main_;
  const std::vector<Record>& records_;
  std::vector<const Record*> missing_;    // not there, or with another value
  std::vector<std::string> superfluous_;  // keys
};

// Whether the file may be written record by record: it is empty, or of our format.
int check_format(MDB_txn* transaction, MDB_dbi main) {
  const std::string heading_key = lmdb::heading_key();
  MDB_val key = value_of(heading_key);
  MDB_val found = {};
  const int status = mdb_get(transaction, main, &key, &found);
  if (status == 0) {
    const auto heading = lmdb::decode_heading(view_of(found));
    return heading && heading->format == lmdb::roll_format ? 0 : MDB_VERSION_MISMATCH;
  }
  if (status != MDB_NOTFOUND) return status;
  MDB_stat about = {};
  if (const int counted = mdb_stat(transaction, main, &about); counted != 0) return counted;
  return about.ms_entries == 0 ? 0 : MDB_VERSION_MISMATCH;
}

int write_heading(MDB_txn* transaction, MDB_dbi main, const LastWord& last_word) {
  const std::string key_octets = lmdb::heading_key();
  const std::string octets = lmdb::encode(Heading{lmdb::roll_format, last_word});
  MDB_val key = value_of(key_octets);
  MDB_val value = value_of(octets);
  return mdb_put(transaction, main, &key, &value, 0);
}

Unavailable damaged(const LmdbEnvironment& environment, const std::string& what) {
  return {
      "the roll in " + environment.directory() + " is damaged: " + what +
      " has not the form it must have; stop the gate, remove data.mdb there, and start the gate (without a "
      "register: portavoz roll build)"};
}

Lookup<Heading> heading_of(const LmdbEnvironment& environment, const LmdbEnvironment::Snapshot& snapshot) {
  const auto value = snapshot.get(lmdb::heading_key());
  if (value.unavailable()) return Unavailable{value.why()};
  if (value.absent()) return Unavailable{"the roll in " + environment.directory() + " was never filled"};
  const auto heading = lmdb::decode_heading(value.value());
  if (!heading) return damaged(environment, "its heading");
  if (heading->format != lmdb::roll_format)
    return Unavailable{
        "the roll in " + environment.directory() + " is of format " + std::to_string(heading->format) +
        " and this program reads format " + std::to_string(lmdb::roll_format) +
        "; use gate and door of one release and restart both (without a register: portavoz roll "
        "build)"};
  return *heading;
}

// One short question on one state of the roll. It is asked again when it took so long that its state was
// given up, which happens to an honest reader only while it stands still.
template <typename T, typename Question>
Lookup<T> ask(LmdbEnvironment& environment, const Question& question) {
  constexpr int attempts = 40;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const auto snapshot = environment.snapshot();
    if (!snapshot) return Unavailable{snapshot.error().what};
    const auto heading = heading_of(environment, *snapshot);
    Lookup<T> answer =
        heading.found() ? question(*snapshot, heading.value()) : Lookup<T>(Unavailable{heading.why()});
    if (snapshot->holds()) return answer;
  }
  return Unavailable{environment.lock_file_lies().what};
}

// The value under this key, read by `decode`, which gives nothing when it is not of its form.
template <typename T, typename Decode>
Lookup<T> get(const LmdbEnvironment& environment, const LmdbEnvironment::Snapshot& snapshot,
              std::string_view key, const Decode& decode, const std::string& what) {
  const auto value = snapshot.get(key);
  if (value.absent()) return Absent{};
  if (value.unavailable()) return Unavailable{value.why()};
  auto read = decode(value.value());
  if (!read) return damaged(environment, what);
  return std::move(*read);
}

Lookup<bool> has(const LmdbEnvironment::Snapshot& snapshot, std::string_view key) {
  const auto value = snapshot.get(key);
  if (value.unavailable()) return Unavailable{value.why()};
  return value.found();
}

// The list to which a record of its address or local part leads.
Lookup<GuardedList> list_by(LmdbEnvironment& environment, const std::string& key, const std::string& what) {
  return ask<GuardedList>(
      environment, [&](const LmdbEnvironment::Snapshot& snapshot, const Heading&) -> Lookup<GuardedList> {
        const auto id = get<std::int64_t>(environment, snapshot, key, lmdb::decode_list_id, what);
        if (id.absent()) return Absent{};
        if (id.unavailable()) return Unavailable{id.why()};
        const auto decode = [&](std::string_view value) { return lmdb::decode_list(id.value(), value); };
        auto list = get<GuardedList>(environment, snapshot, lmdb::list_key(id.value()), decode, "a list");
        if (list.absent()) return damaged(environment, what);
        return list;
      });
}

}  // namespace

// ---- the writer

namespace {

// The user as sudo(8) takes it: by name, or by number where it has none.
std::string user(uid_t id) {
  std::array<char, 4096> room = {};
  passwd entry = {};
  passwd* found = nullptr;
  ::getpwuid_r(id, &entry, room.data(), room.size(), &found);
  return found != nullptr ? found->pw_name : "'#" + std::to_string(id) + "'";
}

Error not_ours(const std::string& directory, uid_t owner) {
  return {ErrorKind::forbidden,
          "the roll in " + directory +
              " is written by the directory's owner alone; run this as that user: sudo -u " + user(owner) +
              " …"};
}

}  // namespace

RollFile::RollFile(std::shared_ptr<LmdbEnvironment> environment) : environment_(std::move(environment)) {}

RollFile::~RollFile() { environment_->no_longer_writable(); }

Result<std::unique_ptr<RollFile>> RollFile::open(const std::string& directory) {
  struct stat about = {};
  if (::stat(directory.c_str(), &about) != 0 || !S_ISDIR(about.st_mode))
    return Error{ErrorKind::not_found,
                 "the roll's directory " + directory +
                     " is missing; make it, owned by the gate's user, with mode 2750 and the "
                     "group of those who may read the roll"};
  if (about.st_uid != ::geteuid()) return not_ours(directory, about.st_uid);
  auto environment = LmdbEnvironment::of(directory);
  if (auto opened = environment->make_writable(); !opened) return opened.error();
  return std::unique_ptr<RollFile>(new RollFile(std::move(environment)));
}

Result<RollChange> RollFile::replace(const RollContents& contents) {
  auto records = lmdb::encode(contents);
  if (!records) return records.error();
  std::size_t changes = 0;
  const auto change = [&](MDB_txn* transaction, MDB_dbi main) {
    if (const int status = check_format(transaction, main); status != 0) return status;
    Merge merge(transaction, main, *records);
    if (const int status = merge.run(); status != 0) return status;
    changes = merge.changes();
    return write_heading(transaction, main, contents.last_word);
  };
  bool anew = false;
  for (;;) {
    const auto written = environment_->write(change);
    if (!written) return written.error();
    if (*written == 0) {
      if (changes > few_changes) {
        *records = std::vector<Record>();
        environment_->release_memory();
      }
      return changes > 0 ? RollChange::written : RollChange::none;
    }
    if (*written == MDB_MAP_FULL) {
      const auto grown = environment_->grow(room_for(*records));
      if (!grown) return grown.error();
      if (!*grown) return full();
    } else if (LmdbEnvironment::is_damage(*written) && !anew) {
      anew = true;
      if (auto made = environment_->start_anew(); !made) return made.error();
    } else {
      return environment_->error("write", *written);
    }
  }
}

Error RollFile::full() const {
  const pid_t reader = environment_->oldest_reader();
  const std::string who =
      reader == 0 ? "" : ": process " + std::to_string(reader) + " was stopped while it read; end it";
  return {ErrorKind::unavailable, "the roll in " + environment_->directory() +
                                      " has no room left, because old states of it are still being read" +
                                      who};
}

// ---- the reader

LmdbRoll::LmdbRoll(std::shared_ptr<LmdbEnvironment> environment) : environment_(std::move(environment)) {}

Result<std::unique_ptr<LmdbRoll>> LmdbRoll::open(const std::string& directory) {
  struct stat about = {};
  if (::stat(directory.c_str(), &about) == 0) {
    if (!S_ISDIR(about.st_mode))
      return Error{ErrorKind::bad_input, "the roll's directory " + directory + " is not a directory"};
    if (::access(directory.c_str(), R_OK | X_OK) != 0)
      return Error{ErrorKind::forbidden, "the roll's directory " + directory +
                                             " may not be read; put this user into the directory's group"};
  }
  return std::unique_ptr<LmdbRoll>(new LmdbRoll(LmdbEnvironment::of(directory)));
}

Lookup<GuardedList> LmdbRoll::list_at(const std::string& address) const {
  return list_by(*environment_, lmdb::address_key(address), "the address " + address);
}

Lookup<GuardedList> LmdbRoll::list_with_local_part(const std::string& local_part) const {
  return list_by(*environment_, lmdb::local_part_key(local_part), "the local part " + local_part);
}

Lookup<bool> LmdbRoll::has_list_in(const std::string& domain) const {
  return ask<bool>(*environment_, [&](const LmdbEnvironment::Snapshot& snapshot, const Heading&) {
    return has(snapshot, lmdb::domain_key(domain));
  });
}

Lookup<Designation> LmdbRoll::designation(std::int64_t list_id, const MailAddress& from) const {
  return ask<Designation>(*environment_, [&](const LmdbEnvironment::Snapshot& snapshot, const Heading&) {
    const std::string address = from.text();
    const auto decode = [&](std::string_view value) { return lmdb::decode_contact(address, value); };
    return get<Designation>(*environment_, snapshot, lmdb::contact_key(list_id, address), decode,
                            "the contact " + address);
  });
}

Lookup<bool> LmdbRoll::was_posted(std::int64_t list_id, const std::string& mark) const {
  return ask<bool>(*environment_, [&](const LmdbEnvironment::Snapshot& snapshot, const Heading&) {
    return has(snapshot, lmdb::mark_key(list_id, mark));
  });
}

Lookup<std::string> LmdbRoll::seal_key(const std::string& key_id) const {
  return ask<std::string>(*environment_, [&](const LmdbEnvironment::Snapshot& snapshot, const Heading&) {
    return get<std::string>(*environment_, snapshot, lmdb::seal_key_key(key_id), lmdb::decode_seal_key,
                            "the seal key " + key_id);
  });
}

std::optional<LastWord> LmdbRoll::last_word() const {
  const auto word = ask<LastWord>(*environment_, [](const LmdbEnvironment::Snapshot&,
                                                    const Heading& heading) { return heading.last_word; });
  if (!word.found()) return std::nullopt;
  return word.value();
}

Result<RollContents> LmdbRoll::contents() const {
  const auto snapshot = environment_->snapshot();
  if (!snapshot) return snapshot.error();
  const auto records = snapshot->records();
  if (records.unavailable()) return Error{ErrorKind::unavailable, records.why()};
  if (records.value().empty())
    return Error{ErrorKind::not_found, "the roll in " + environment_->directory() + " was never filled"};
  const auto heading = heading_of(*environment_, *snapshot);
  if (!heading.found()) return Error{ErrorKind::bad_input, heading.why()};
  auto contents = lmdb::decode(records.value());
  if (contents) return contents;
  return Error{ErrorKind::bad_input,
               "the roll in " + environment_->directory() + " is damaged: " + contents.error().what};
}

Lookup<RollCounts> LmdbRoll::counts() const {
  const auto snapshot = environment_->snapshot();
  if (!snapshot) return Unavailable{snapshot.error().what};
  const auto heading = heading_of(*environment_, *snapshot);
  if (!heading.found()) return Unavailable{heading.why()};
  RollCounts counts;
  for (const auto& [kind, where] : {std::pair('L', &counts.lists), std::pair('C', &counts.contacts),
                                    std::pair('M', &counts.marks), std::pair('S', &counts.seal_keys)}) {
    const auto counted = snapshot->count(kind);
    if (counted.unavailable()) return Unavailable{counted.why()};
    *where = counted.value();
  }
  return counts;
}

}  // namespace portavoz
