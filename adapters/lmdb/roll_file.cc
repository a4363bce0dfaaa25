#include "adapters/lmdb/roll_file.h"

#include <array>
#include <cerrno>
#include <map>
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

using lmdb::Following;
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
constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t least_room = 64 * mebibyte;

std::size_t room_for(const std::vector<Record>& records) {
  std::size_t octets = 0;
  for (const Record& record : records) octets += record.key.size() + record.value.size() + 32;
  return least_room + (8 * octets / mebibyte + 1) * mebibyte;
}

std::size_t room_for(std::size_t contacts_and_marks) {
  constexpr std::size_t octets_each = 1024;
  return least_room + (contacts_and_marks * octets_each / mebibyte + 1) * mebibyte;
}

// Each may take a page of memory, which LMDB keeps while the files are open.
constexpr std::size_t few_changes = 1000;

// A status of ours beside LMDB's and the system's: records that did not come by ascending key.
constexpr int out_of_order = EBADMSG;
// The source, and not the file, failed.
constexpr int source_failed = ECANCELED;

int put(MDB_txn* transaction, MDB_dbi main, std::string_view key_octets, std::string_view octets) {
  MDB_val key = value_of(key_octets);
  MDB_val value = value_of(octets);
  return mdb_put(transaction, main, &key, &value, 0);
}

// Makes all records whose keys begin with an octet from `first` to `last` those that are given, by ascending
// key; writes only what differs, and holds no more than one record. Gives 0, LMDB's number, or out_of_order.
class Merge {
 public:
  Merge(MDB_txn* transaction, MDB_dbi main, char first, char last)
      : transaction_(transaction), main_(main), first_(1, first), last_(1, last) {}

  int begin() {
    MDB_cursor* opened = nullptr;
    if (const int status = mdb_cursor_open(transaction_, main_, &opened); status != 0) return status;
    cursor_.reset(opened);
    return seek(first_);
  }

  int take(const Record& record) {
    if (any_ && record.key <= last_taken_) return out_of_order;
    any_ = true;
    last_taken_ = record.key;
    if (const int status = drop_before(&record.key); status != 0) return status;
    if (!at_end_ && key_ == record.key && view_of(value_) == record.value) return go(MDB_NEXT);
    ++changes_;
    if (const int status = put(transaction_, main_, record.key, record.value); status != 0) return status;
    if (const int status = seek(record.key); status != 0) return status;
    return go(MDB_NEXT);
  }

  int finish() { return drop_before(nullptr); }

  [[nodiscard]] std::size_t changes() const { return changes_; }
  [[nodiscard]] bool changed() const { return changes_ > 0; }

 private:
  int go(MDB_cursor_op how, std::string_view from = {}) {
    MDB_val key = value_of(from);
    const int status = mdb_cursor_get(cursor_.get(), &key, &value_, how);
    at_end_ = status == MDB_NOTFOUND || (status == 0 && view_of(key).substr(0, 1) > last_);
    if (status == 0) key_ = view_of(key);
    return status == MDB_NOTFOUND ? 0 : status;
  }

  int seek(const std::string& from) { return go(MDB_SET_RANGE, from); }

  // Nullptr: up to the end.
  int drop_before(const std::string* key) {
    while (!at_end_ && (key == nullptr || key_ < *key)) {
      ++changes_;
      const std::string gone = key_;
      MDB_val gone_key = value_of(gone);
      if (const int status = mdb_del(transaction_, main_, &gone_key, nullptr); status != 0) return status;
      if (const int status = seek(gone); status != 0) return status;
    }
    return 0;
  }

  MDB_txn* transaction_;
  MDB_dbi main_;
  std::string first_;
  std::string last_;
  Owned<MDB_cursor, mdb_cursor_close> cursor_;
  bool at_end_ = false;
  std::string key_;     // where the cursor is, unless at the end
  MDB_val value_ = {};  // valid until the next change
  bool any_ = false;
  std::string last_taken_;
  std::size_t changes_ = 0;
};

// The records of that kind among these, merged into the file.
int merge_kind(MDB_txn* transaction, MDB_dbi main, char kind, const std::vector<Record>& records,
               bool& changed) {
  Merge merge(transaction, main, kind, kind);
  int status = merge.begin();
  for (auto record = records.begin(); status == 0 && record != records.end(); ++record)
    if (record->key.front() == kind) status = merge.take(*record);
  if (status == 0) status = merge.finish();
  changed = changed || merge.changed();
  return status;
}

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
  return put(transaction, main, lmdb::heading_key(), lmdb::encode(Heading{lmdb::roll_format, last_word}));
}

int write_following(MDB_txn* transaction, MDB_dbi main, const Following& following) {
  return put(transaction, main, lmdb::following_key(), lmdb::encode(following));
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

// One transaction, with more room where it needs it. Gives 0, or why nothing was written: LMDB's number, or
// the system's, or one of ours.
Result<int> RollFile::commit(const Change& change, std::size_t room) {
  for (bool moved = false;;) {
    const auto written = environment_->write(change);
    if (!written || *written != MDB_MAP_FULL) return written;
    const auto grown = environment_->grow(room);
    if (!grown) return grown.error();
    if (*grown) continue;
    // A reader that was stopped holds old states: it may keep them, in files of its own.
    if (std::exchange(moved, true)) return full();
    if (auto left = environment_->move_to_copy(); !left) return left.error();
  }
}

// The error of a transaction that gave this status; nothing when it was committed.
Result<void> RollFile::committed(const Result<int>& status) const {
  if (!status) return status.error();
  if (*status == 0) return {};
  return environment_->error("write", *status);
}

Result<RollChange> RollFile::replace(const RollContents& contents) {
  auto records = lmdb::encode(contents);
  if (!records) return records.error();
  std::size_t changes = 0;
  const auto change = [&](MDB_txn* transaction, MDB_dbi main) {
    if (const int status = check_format(transaction, main); status != 0) return status;
    Merge merge(transaction, main, lmdb::following_key().front(), '\xff');
    int status = merge.begin();
    for (auto record = records->begin(); status == 0 && record != records->end(); ++record)
      status = merge.take(*record);
    if (status == 0) status = merge.finish();
    changes = merge.changes();
    return status != 0 ? status : write_heading(transaction, main, contents.last_word);
  };
  auto written = commit(change, room_for(*records));
  if (written && LmdbEnvironment::is_damage(*written)) {
    if (auto made = environment_->start_anew(); !made) return made.error();
    written = commit(change, room_for(*records));
  }
  if (auto done = committed(written); !done) return done.error();
  if (changes > few_changes) {
    *records = std::vector<Record>();
    environment_->release_memory();
  }
  return changes > 0 ? RollChange::written : RollChange::none;
}

std::optional<LastWord> RollFile::last_word() const {
  const auto snapshot = environment_->snapshot();
  if (!snapshot) return std::nullopt;
  const auto heading = heading_of(*environment_, *snapshot);
  if (!heading.found()) return std::nullopt;
  return heading.value().last_word;
}

std::optional<Following> RollFile::following() const {
  const auto snapshot = environment_->snapshot();
  if (!snapshot || !heading_of(*environment_, *snapshot).found()) return std::nullopt;
  const auto value = snapshot->get(lmdb::following_key());
  if (!value.found()) return std::nullopt;
  return lmdb::decode_following(value.value());
}

std::optional<RollPosition> RollFile::position() const {
  const auto known = following();
  if (!known) return std::nullopt;
  return known->position;
}

// ---- a part of the roll

namespace {

// What the update says of single contacts and marks: keys with their values; without one where they are gone.
Result<std::map<std::string, std::optional<std::string>>> single_records(const RollUpdate& update) {
  std::map<std::string, std::optional<std::string>> all;
  for (const RollKey& key : update.contact_keys)
    all.try_emplace(lmdb::contact_key(key.list_id, key.text), std::nullopt);
  for (const RollKey& key : update.mark_keys)
    all.try_emplace(lmdb::mark_key(key.list_id, key.text), std::nullopt);
  const auto add = [&all](Result<Record> record) -> Result<void> {
    if (!record) return record.error();
    all[std::move(record->key)] = std::move(record->value);
    return {};
  };
  for (const RollContact& contact : update.contacts)
    if (auto added = add(lmdb::encode(contact)); !added) return added.error();
  for (const RollMark& mark : update.marks)
    if (auto added = add(lmdb::encode(mark)); !added) return added.error();
  return all;
}

// Puts or removes one record, and counts it.
int write_single(MDB_txn* transaction, MDB_dbi main, const std::string& key_octets,
                 const std::optional<std::string>& octets, RollCounts& counts, bool& changed) {
  MDB_val key = value_of(key_octets);
  MDB_val found = {};
  const int status = mdb_get(transaction, main, &key, &found);
  if (status != 0 && status != MDB_NOTFOUND) return status;
  const bool there = status == 0;
  if (there ? octets && view_of(found) == *octets : !octets) return 0;
  changed = true;
  std::size_t& count = key_octets.front() == 'C' ? counts.contacts : counts.marks;
  if (!octets) {
    --count;
    return mdb_del(transaction, main, &key, nullptr);
  }
  if (!there) ++count;
  return put(transaction, main, key_octets, *octets);
}

int read_following(MDB_txn* transaction, MDB_dbi main, Following& following) {
  const std::string key_octets = lmdb::following_key();
  MDB_val key = value_of(key_octets);
  MDB_val found = {};
  if (const int status = mdb_get(transaction, main, &key, &found); status != 0) return status;
  const auto read = lmdb::decode_following(view_of(found));
  if (!read) return MDB_NOTFOUND;
  following = *read;
  return 0;
}

}  // namespace

Result<RollWritten> RollFile::update(const RollUpdate& update, const RollPosition& position, Instant heard) {
  RollContents few;
  few.lists = update.lists.value_or(std::vector<GuardedList>());
  few.seal_keys = update.seal_keys.value_or(std::vector<RollSealKey>());
  const auto records = lmdb::encode(few);
  if (!records) return records.error();
  const auto singles = single_records(update);
  if (!singles) return singles.error();
  const auto known = following();
  if (!known)
    return Error{ErrorKind::conflict,
                 "the roll in " + environment_->directory() + " has no position; compare all of it"};
  std::string kinds;
  if (update.lists) kinds += "ADLP";
  if (update.seal_keys) kinds += 'S';

  bool changed = false;
  Following following;
  const auto change = [&](MDB_txn* transaction, MDB_dbi main) {
    changed = false;
    int status = read_following(transaction, main, following);
    for (const char kind : kinds)
      if (status == 0) status = merge_kind(transaction, main, kind, *records, changed);
    for (const auto& [key, value] : *singles)
      if (status == 0) status = write_single(transaction, main, key, value, following.counts, changed);
    if (update.lists) following.counts.lists = few.lists.size();
    if (update.seal_keys) following.counts.seal_keys = few.seal_keys.size();
    following.position = position;
    if (status == 0) status = write_following(transaction, main, following);
    return status != 0 ? status : write_heading(transaction, main, heard);
  };
  const std::size_t room =
      room_for(known->counts.contacts + known->counts.marks + singles->size()) + room_for(*records);
  if (auto done = committed(commit(change, room)); !done) return done.error();
  if (singles->size() > few_changes) environment_->release_memory();
  return RollWritten{changed ? RollChange::written : RollChange::none, following.counts};
}

// ---- all of it, little by little

Result<RollWritten> RollFile::compare(RollSource& source, std::size_t contacts, const RollPosition& position,
                                      Instant heard) {
  const std::size_t room = room_for(contacts);
  if (!last_word())
    if (auto made = environment_->start_anew(); !made) return made.error();
  // Room is made before, because what was read once cannot be read again.
  for (bool grown = true; grown;) {
    const auto more = environment_->grow(room);
    if (!more) return more.error();
    grown = *more;
  }
  auto written =
      last_word() ? merge_all(source, room, position, heard) : load_first(source, room, position, heard);
  environment_->release_memory();
  return written;
}

namespace {

// Hands every contact or mark of the source to `take`, encoded.
template <typename More, typename Take>
Result<void> each(const More& more, const Take& take) {
  for (;;) {
    auto rows = more();
    if (!rows) return rows.error();
    if (rows->empty()) return {};
    std::vector<Record> records;
    records.reserve(rows->size());
    for (const auto& row : *rows) {
      auto record = lmdb::encode(row);
      if (!record) return record.error();
      records.push_back(std::move(*record));
    }
    if (auto taken = take(records); !taken) return taken.error();
  }
}

Result<std::vector<Record>> few_records(RollSource& source, RollCounts& counts) {
  auto lists = source.lists();
  if (!lists) return lists.error();
  auto keys = source.seal_keys();
  if (!keys) return keys.error();
  counts.lists = lists->size();
  counts.seal_keys = keys->size();
  RollContents few;
  few.lists = std::move(*lists);
  few.seal_keys = std::move(*keys);
  return lmdb::encode(few);
}

}  // namespace

// Without a last word nobody takes what is there for a roll, and so it may come in several transactions.
Result<RollWritten> RollFile::load_first(RollSource& source, std::size_t room, const RollPosition& position,
                                         Instant heard) {
  Following following{position, {}};
  const auto few = few_records(source, following.counts);
  if (!few) return few.error();
  std::size_t expected = 0;
  const auto put_all = [&](const std::vector<Record>& records) -> Result<void> {
    expected += records.size();
    const auto change = [&](MDB_txn* transaction, MDB_dbi main) {
      int status = 0;
      for (auto record = records.begin(); status == 0 && record != records.end(); ++record)
        status = put(transaction, main, record->key, record->value);
      return status;
    };
    return committed(commit(change, 2 * room));
  };
  const auto count_into = [&](std::size_t& count) {
    return [&](const std::vector<Record>& records) {
      count += records.size();
      return put_all(records);
    };
  };
  auto loaded = put_all(*few);
  if (loaded) loaded = each([&] { return source.more_contacts(); }, count_into(following.counts.contacts));
  if (loaded) loaded = each([&] { return source.more_marks(); }, count_into(following.counts.marks));
  if (!loaded) return loaded.error();
  const auto last = [&](MDB_txn* transaction, MDB_dbi main) {
    MDB_stat about = {};
    int status = mdb_stat(transaction, main, &about);
    // A record that came twice, or files that were taken away meanwhile.
    if (status == 0 && about.ms_entries != expected) status = out_of_order;
    if (status == 0) status = write_following(transaction, main, following);
    return status != 0 ? status : write_heading(transaction, main, heard);
  };
  if (auto done = committed(commit(last, 2 * room)); !done) return done.error();
  return RollWritten{RollChange::written, following.counts};
}

Result<RollWritten> RollFile::merge_all(RollSource& source, std::size_t room, const RollPosition& position,
                                        Instant heard) {
  Following following{position, {}};
  const auto few = few_records(source, following.counts);
  if (!few) return few.error();
  bool changed = false;
  std::optional<Error> failed;
  const auto change = [&](MDB_txn* transaction, MDB_dbi main) {
    changed = false;
    int status = check_format(transaction, main);
    for (const char kind : {'A', 'D', 'L', 'P', 'S'})
      if (status == 0) status = merge_kind(transaction, main, kind, *few, changed);
    const auto merge_each = [&](char kind, const auto& more, std::size_t& count) {
      Merge merge(transaction, main, kind, kind);
      status = merge.begin();
      const auto take = [&](const std::vector<Record>& records) -> Result<void> {
        count += records.size();
        for (auto record = records.begin(); status == 0 && record != records.end(); ++record)
          status = merge.take(*record);
        return status == 0 ? Result<void>() : Error{ErrorKind::internal, "the file failed"};
      };
      auto all = status == 0 ? each(more, take) : Result<void>();
      if (status == 0 && !all) {
        failed = all.error();
        status = source_failed;
      }
      if (status == 0) status = merge.finish();
      changed = changed || merge.changed();
    };
    if (status == 0)
      merge_each(
          'C', [&] { return source.more_contacts(); }, following.counts.contacts);
    if (status == 0)
      merge_each(
          'M', [&] { return source.more_marks(); }, following.counts.marks);
    if (status == 0) status = write_following(transaction, main, following);
    return status != 0 ? status : write_heading(transaction, main, heard);
  };
  const auto written = environment_->write(change);
  if (failed) return *failed;
  if (written && *written == MDB_MAP_FULL) {
    const auto grown = environment_->grow(2 * room);
    if (!grown) return grown.error();
    if (!*grown) return full();
  }
  if (auto done = committed(written); !done) return done.error();
  return RollWritten{changed ? RollChange::written : RollChange::none, following.counts};
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
