#include "adapters/shelf/posix.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/owned.h"

namespace portavoz::posix {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

void Fd::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error error(std::string_view doing, const std::string& name, int number) {
  ErrorKind kind = ErrorKind::unavailable;
  if (number == ENOENT || number == ENOTDIR) kind = ErrorKind::not_found;
  if (number == EACCES || number == EPERM || number == EROFS) kind = ErrorKind::forbidden;
  return {kind, "cannot " + std::string(doing) + " " + name + ": " + std::generic_category().message(number)};
}

Result<Fd> open_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    if (errno != EROFS && errno != EACCES) return error("make the directory", path, errno);
  }
  Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return error("open the directory", path, errno);
  return directory;
}

Result<std::vector<std::string>> names(const Fd& directory, const std::string& path) {
  // A fresh descriptor: the position of a listing is shared by duplicates.
  const int fd = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return error("list", path, errno);
  const Owned<DIR, ::closedir> listing(::fdopendir(fd));
  if (!listing) {
    const int why = errno;
    ::close(fd);
    return error("list", path, why);
  }
  std::vector<std::string> found;
  errno = 0;
  while (const dirent* entry = ::readdir(listing.get()))
    if (entry->d_name[0] != '.') found.emplace_back(entry->d_name);
  if (errno != 0) return error("list", path, errno);
  return found;
}

Result<void> write_file(const Fd& directory, const std::string& name, std::string_view octets, mode_t mode) {
  const std::string temporary = name + std::string(unfinished_suffix);
  const Fd file(::openat(directory.get(), temporary.c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file.valid()) return error("write", name, errno);
  int why = 0;
  while (!octets.empty() && why == 0) {
    const ssize_t written = ::write(file.get(), octets.data(), octets.size());
    if (written >= 0) octets.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) why = errno;
  }
  if (why == 0 && (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
                   ::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) != 0))
    why = errno;
  if (why == 0) return {};
  ::unlinkat(directory.get(), temporary.c_str(), 0);
  return error("write", name, why);
}

Result<std::string> read_file(const Fd& directory, const std::string& name) {
  const Fd file(::openat(directory.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) return error("open", name, errno);
  struct stat about = {};
  if (::fstat(file.get(), &about) != 0) return error("look at", name, errno);
  if (!S_ISREG(about.st_mode)) return Error{ErrorKind::bad_input, name + " is not a regular file"};
  std::string octets(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t have = 0;
  while (have < octets.size()) {
    const ssize_t got = ::read(file.get(), octets.data() + have, octets.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error("read", name, errno);
    if (got == 0) return Error{ErrorKind::unavailable, name + " became shorter while it was read; try again"};
    have += static_cast<std::size_t>(got);
  }
  return octets;
}

Result<void> sync(const Fd& file, const std::string& name) {
  if (::fsync(file.get()) != 0) return error("sync", name, errno);
  return {};
}

Result<void> lock(const Fd& file, const std::string& name) {
  while (::flock(file.get(), LOCK_EX) != 0)
    if (errno != EINTR) return error("lock", name, errno);
  return {};
}

}  // namespace portavoz::posix
