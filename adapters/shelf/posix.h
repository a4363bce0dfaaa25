// The few system calls that the shelf, the memory and the spool share: files below one open directory, locked
// and written so that a crash leaves the old or the new. Only for the files of this folder. Errors:
// not_found, forbidden, unavailable (a full disk among them). Threads: one object, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "core/base/result.h"

namespace portavoz::posix {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { close(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

// What went wrong with `name` (a path or a file's name), by errno.
[[nodiscard]] Error error(std::string_view doing, const std::string& name, int number);

// Opens the directory; makes it (its parent must stand) with this mode when it is not there yet.
[[nodiscard]] Result<Fd> open_directory(const std::string& path, mode_t mode);

// The names in the directory, without those that begin with a dot.
[[nodiscard]] Result<std::vector<std::string>> names(const Fd& directory, const std::string& path);

// Temporary file, fsync, rename. The caller syncs the directory when all is in place.
[[nodiscard]] Result<void> write_file(const Fd& directory, const std::string& name, std::string_view octets,
                                      mode_t mode);
[[nodiscard]] Result<std::string> read_file(const Fd& directory, const std::string& name);
[[nodiscard]] Result<void> sync(const Fd& file, const std::string& name);

// Waits for an exclusive flock(2) on the open file. It is released when the file is closed, so also by a
// crash.
[[nodiscard]] Result<void> lock(const Fd& file, const std::string& name);

// A name that ends like this is an unfinished write.
inline constexpr std::string_view unfinished_suffix = ".tmp";

}  // namespace portavoz::posix
