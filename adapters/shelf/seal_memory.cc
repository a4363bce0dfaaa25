#include "adapters/shelf/seal_memory.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/seal/seal.h"

namespace portavoz {
namespace {

constexpr mode_t directory_mode = 0770;
constexpr mode_t file_mode = 0660;
constexpr std::string_view taken_word = "taken ";
constexpr std::string_view posted_line = "posted\n";

std::int64_t day_of(Instant moment) {
  return std::chrono::floor<std::chrono::days>(moment).time_since_epoch().count();
}

struct Use {
  std::string taken_by;
  bool posted = false;
  std::size_t whole = 0;  // octets of lines that are complete; what follows was cut off by a crash
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
Result<posix::Fd> open_locked(const posix::Fd& day, const std::string& name) {
  for (;;) {
    posix::Fd file(::openat(day.get(), name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (!file.valid()) return posix::error("open the record of the seal", name, errno);
    if (auto locked = posix::lock(file, name); !locked) return locked.error();
    struct stat about = {};
    if (::fstat(file.get(), &about) != 0) return posix::error("look at", name, errno);
    if (about.st_nlink > 0) return file;
  }
}

}  // namespace

Result<void> SealClaim::mark_posted() {
  return write_at(file_, written_, posted_line, "the record of the seal");
}

Result<SealMemory> SealMemory::open(const std::string& directory) {
  auto opened = posix::open_directory(directory, directory_mode);
  if (!opened) return opened.error();
  return SealMemory(std::move(*opened), directory);
}

Result<SealClaim> SealMemory::claim(std::string_view nonce, Instant sealed, std::string_view queue_id) {
  if (!is_hex(nonce, 32) || queue_id.empty() || queue_id.size() > 200 ||
      printable_ascii(queue_id) != queue_id)
    return Error{ErrorKind::bad_input, "a seal's nonce or a queue id has not the form it must have"};
  const std::string name(nonce);
  const std::string day_path = path_ + "/" + std::to_string(day_of(sealed));
  auto day = posix::open_directory(day_path, directory_mode);
  if (!day) return day.error();
  auto file = open_locked(*day, name);
  if (!file) return file.error();
  auto use = read_use(*file, name);
  if (!use) return use.error();

  if (use->posted) return SealClaim(std::move(*file), SealUse::posted, use->taken_by, 0);
  if (!use->taken_by.empty() && use->taken_by != queue_id)
    return SealClaim(std::move(*file), SealUse::taken_elsewhere, use->taken_by, 0);
  auto whole = static_cast<std::int64_t>(use->whole);
  if (use->taken_by.empty()) {
    const std::string line = std::string(taken_word) + std::string(queue_id) + "\n";
    if (auto done = write_at(*file, 0, line, name); !done) return done.error();
    // The name must last as well before the list manager hears of the post.
    for (const posix::Fd* directory : {&*day, &directory_})
      if (auto done = posix::sync(*directory, day_path); !done) return done.error();
    whole = static_cast<std::int64_t>(line.size());
  }
  return SealClaim(std::move(*file), SealUse::ours, std::string(queue_id), whole);
}

Result<void> SealMemory::forget_before(Instant moment) {
  const auto days = posix::names(directory_, path_);
  if (!days) return days.error();
  for (const std::string& name : *days) {
    const auto day = parse_decimal(name);
    if (!day || static_cast<std::int64_t>(*day) >= day_of(moment)) continue;
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

}  // namespace portavoz
