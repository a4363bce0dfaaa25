// Files as values: read one whole, write one so that a reader sees the old octets or the new ones and never a
// half. It knows no format. Sizes are octets. Errors: not_found, forbidden (permissions), bad_input (larger
// than allowed, no regular file), unavailable (the rest). Threads: safe from any, on different paths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "core/base/result.h"

namespace portavoz {

// The whole regular file. More than max_bytes is bad_input: a file that we expect to be small is never read
// on.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes);

// Temporary file beside it, fsync, rename, fsync of the directory: after a crash the file holds the old
// octets or these. The mode is exact, whatever the umask says.
[[nodiscard]] Result<void> write_file_atomic(const std::string& path, std::string_view octets, mode_t mode);

// What the file at `path` was to become, if it is such a temporary file by its name: one that is old was left
// by a process that was killed. A part of `path`.
[[nodiscard]] std::optional<std::string_view> file_of_temporary(std::string_view path);

// The file `newer` becomes `path`, with the owner, group and mode of the file that stands there: whoever
// reads it sees the old file or the new one. Both lie in one directory.
[[nodiscard]] Result<void> put_in_place_of(const std::string& path, const std::string& newer);

// Now is when it was written last, as far as anybody can see: later than every file that was written before.
// The system's own stamps are some milliseconds old.
[[nodiscard]] Result<void> touch_file(const std::string& path);

[[nodiscard]] Result<void> remove_file(const std::string& path);

// The directory and its missing parents. A directory that stands already is left as it is.
[[nodiscard]] Result<void> make_directories(const std::string& path, mode_t mode);

// What changes when a file is written anew: enough to see that another one stands in its place.
struct FileVersion {
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;  // since 1970-01-01 UTC
  std::int64_t size = -1;
  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};
[[nodiscard]] Result<FileVersion> file_version(const std::string& path);

// An open descriptor that is closed when it goes out of scope.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  int release() noexcept;
  void reset() noexcept;

 private:
  int fd_ = -1;
};

// A sentence with the reason the system gave: "cannot open /a/b: No such file or directory".
[[nodiscard]] Error error_from_errno(std::string_view doing, const std::string& path, int error_number);

// Up to max_bytes of a descriptor to its end, and bad_input when there is more. `name` is what messages call
// it.
[[nodiscard]] Result<std::string> read_descriptor(int fd, const std::string& name, std::uint64_t max_bytes);

}  // namespace portavoz
