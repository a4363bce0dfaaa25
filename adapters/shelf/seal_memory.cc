#include "adapters/shelf/seal_memory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/policy/marks.h"
#include "core/seal/judge.h"
#include "core/seal/seal.h"

namespace portavoz {
namespace {

constexpr mode_t directory_mode = 0770;
constexpr mode_t file_mode = 0660;
constexpr std::string_view taken_word = "taken ";
constexpr std::string_view posted_line = "posted\n";
constexpr std::size_t key_digits = 32;
constexpr const char* swept_name = ".swept";  // its time is when marks were last looked through

std::int64_t day_of(Instant moment) {
  return std::chrono::floor<std::chrono::days>(moment).time_since_epoch().count();
}

std::string mark_name(const std::string& list, const std::string& mark) {
  return to_hex(sha256(list + "\n" + mark)).substr(0, key_digits);
}

struct Use {
  std::string taken_by;
  bool posted = false;
  std::size_t whole = 0;
};

Use parse_use(std::string_view text) {
  Use use;
  const auto end = text.find('\n');
  if (end == std::string_view::npos || text.substr(0, taken_word.size()) != taken_word) return use;
  use.taken_by = text.substr(taken_word.size(), end - taken_word.size());
  use.whole = end + 1;
  if (text.substr(use.whole, posted_line.size()) == posted_line) {
    use.posted = true;
    use.whole += posted_line.size();
  }
  return use;
}

Result<void> write_at(const posix::Fd& file, std::int64_t offset, std::string_view text,
                      const std::string& name) {
  if (::ftruncate(file.get(), offset) != 0) return posix::error("write", name, errno);
  while (!text.empty()) {
    const ssize_t written = ::pwrite(file.get(), text.data(), text.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return posix::error("write", name, errno);
    offset += written;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return posix::sync(file, name);
}

Result<Use> read_use(const posix::Fd& file, const std::string& name) {
  std::array<char, 512> text = {};
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
  if (got < 0) return posix::error("read", name, errno);
  return parse_use({text.data(), static_cast<std::size_t>(got)});
}

// The open and locked file. A sweep may take its name away between opening and locking: then once more.
Result<posix::Fd> open_locked(const posix::Fd& directory, const std::string& name) {
  for (;;) {
    posix::Fd file(
        ::openat(directory.get(), name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (!file.valid()) return posix::error("open the record of the post", name, errno);
    if (auto locked = posix::lock(file, name); !locked) return locked.error();
    struct stat about = {};
    if (::fstat(file.get(), &about) != 0) return posix::error("look at", name, errno);
    if (about.st_nlink > 0) return file;
  }
}

Result<Instant> changed(const posix::Fd& file, const std::string& name) {
  struct stat about = {};
  if (::fstat(file.get(), &about) != 0) return posix::error("look at", name, errno);
  return Instant(Seconds(about.st_mtim.tv_sec));
}

bool well_formed(const PostKeys& post, std::string_view queue_id) {
  return (is_hex(post.nonce, key_digits) || (post.nonce.empty() && !post.marks.empty())) &&
         !queue_id.empty() && queue_id.size() <= 200 && printable_ascii(queue_id) == queue_id &&
         std::all_of(post.marks.begin(), post.marks.end(),
                     [](const std::string& mark) { return is_hex(mark, key_digits); });
}

}  // namespace

// Posted wins over taken: whoever has one key of a post that the list has must not bring it again.
void SealClaim::judge(std::string_view queue_id) {
  use_ = SealUse::ours;
  taken_by_ = queue_id;
  for (const Key& key : keys_) {
    if (key.posted) {
      use_ = SealUse::posted;
      taken_by_ = key.taken_by;
      return;
    }
    if (!key.taken_by.empty() && key.taken_by != queue_id && use_ == SealUse::ours) {
      use_ = SealUse::taken_elsewhere;
      taken_by_ = key.taken_by;
    }
  }
}

Result<void> SealClaim::take(std::string_view queue_id) {
  for (Key& key : keys_) {
    if (!key.taken_by.empty()) continue;
    const std::string line = std::string(taken_word) + std::string(queue_id) + "\n";
    if (auto done = write_at(key.file, 0, line, key.name); !done) return done;
    key.taken_by = queue_id;
    key.whole = static_cast<std::int64_t>(line.size());
  }
  return {};
}

// Only what this post's taker took: after a crash in here, the rest is marked when it comes again.
Result<void> SealClaim::mark_posted() {
  Result<void> all;
  for (Key& key : keys_) {
    if (key.posted || key.taken_by != taken_by_) continue;
    auto done = write_at(key.file, key.whole, posted_line, "the record of the post");
    if (done)
      key.posted = true;
    else
      all = std::move(done);
  }
  return all;
}

Result<SealMemory> SealMemory::open(const std::string& directory, Seconds lifetime) {
  auto opened = posix::open_directory(directory, directory_mode);
  if (!opened) return opened.error();
  auto marks = posix::open_directory(directory + "/marks", directory_mode);
  if (!marks) return marks.error();
  return SealMemory(std::move(*opened), std::move(*marks), directory, lifetime);
}

Result<SealClaim::Key> SealMemory::open_key(const posix::Fd& directory, const std::string& name) const {
  auto file = open_locked(directory, name);
  if (!file) return file.error();
  auto use = read_use(*file, name);
  if (!use) return use.error();
  return SealClaim::Key{std::move(*file), name, std::move(use->taken_by),
                        static_cast<std::int64_t>(use->whole), use->posted};
}

Result<void> SealMemory::free_if_lapsed(SealClaim::Key& mark, Instant now) const {
  if (mark.taken_by.empty() || mark.posted) return {};
  const auto taken = changed(mark.file, mark.name);
  if (!taken) return taken.error();
  if (*taken + lifetime_ >= now) return {};
  mark.taken_by.clear();
  return {};
}

Result<SealClaim> SealMemory::claim(const PostKeys& post, std::string_view queue_id, Instant now) {
  if (!well_formed(post, queue_id))
    return Error{ErrorKind::bad_input, "a seal's nonce, a mark or a queue id has not the form it must have"};
  std::vector<SealClaim::Key> keys;
  posix::Fd day;
  const std::string day_path = path_ + "/" + std::to_string(day_of(post.sealed));
  if (!post.nonce.empty()) {
    auto opened = posix::open_directory(day_path, directory_mode);
    if (!opened) return opened.error();
    day = std::move(*opened);
    auto key = open_key(day, post.nonce);
    if (!key) return key.error();
    keys.push_back(std::move(*key));
  }
  std::set<std::string> names;
  for (const std::string& mark : post.marks) names.insert(mark_name(post.list, mark));
  for (const std::string& name : names) {
    auto key = open_key(marks_, name);
    if (!key) return key.error();
    if (auto done = free_if_lapsed(*key, now); !done) return done.error();
    keys.push_back(std::move(*key));
  }

  SealClaim claim(std::move(keys));
  claim.judge(queue_id);
  if (claim.use_ == SealUse::posted && claim.taken_by_ == queue_id) {
    if (auto done = claim.mark_posted(); !done) return done.error();
  }
  if (claim.use_ != SealUse::ours) return claim;
  if (auto done = claim.take(queue_id); !done) return done.error();
  // The names must last as well before the list manager hears of the post.
  for (const posix::Fd* directory : {&day, &marks_, &directory_})
    if (directory->valid())
      if (auto done = posix::sync(*directory, day_path); !done) return done.error();
  return claim;
}

Result<void> SealMemory::forget_old(Instant now) {
  if (auto done = forget_nonces(now); !done) return done;
  return forget_marks(now);
}

Result<void> SealMemory::forget_nonces(Instant now) {
  const std::int64_t first_day = day_of(now - lifetime_ - clock_difference);
  const auto days = posix::names(directory_, path_);
  if (!days) return days.error();
  for (const std::string& name : *days) {
    const auto day = parse_decimal(name);
    if (!day || static_cast<std::int64_t>(*day) >= first_day) continue;
    const std::string path = path_ + "/" + name;
    const posix::Fd old(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!old.valid()) continue;  // another delivery was faster
    const auto seals = posix::names(old, path);
    if (!seals) return seals.error();
    for (const std::string& seal : *seals) ::unlinkat(old.get(), seal.c_str(), 0);
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT && errno != ENOTEMPTY)
      return posix::error("remove the old seals of", path, errno);
  }
  return {};
}

Result<void> SealMemory::forget_marks(Instant now) {
  const posix::Fd swept(
      ::openat(marks_.get(), swept_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
  if (!swept.valid()) return posix::error("open", marks_path() + "/" + swept_name, errno);
  std::array<char, 32> last = {};
  const ssize_t got = ::pread(swept.get(), last.data(), last.size(), 0);
  const std::string today = std::to_string(day_of(now));
  if (got < 0) return posix::error("read", marks_path() + "/" + swept_name, errno);
  if (std::string_view(last.data(), static_cast<std::size_t>(got)) == today) return {};
  const auto names = posix::names(marks_, marks_path());
  if (!names) return names.error();
  for (const std::string& name : *names)
    if (auto done = forget_mark(name, now); !done) return done;
  return write_at(swept, 0, today, swept_name);
}

// Under its lock: a delivery may be using it again at this very moment.
Result<void> SealMemory::forget_mark(const std::string& name, Instant now) {
  if (!is_hex(name, key_digits)) return {};
  const posix::Fd file(::openat(marks_.get(), name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return {};
  const auto last_step = changed(file, name);
  if (!last_step) return last_step.error();
  if (*last_step + mark_lifetime < now) ::unlinkat(marks_.get(), name.c_str(), 0);
  return {};
}

}  // namespace portavoz
