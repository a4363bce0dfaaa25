#include "adapters/os/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"

namespace portavoz {
namespace {

// PATH.AbC123.part
constexpr std::string_view temporary_name = ".XXXXXX.part";
constexpr std::string_view temporary_end = ".part";

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> write_all(int fd, std::string_view octets, const std::string& path) {
  while (!octets.empty()) {
    const ssize_t written = ::write(fd, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return error_from_errno("write", path, errno);
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return error_from_errno("open", path, errno);
  if (::fsync(directory.get()) != 0) return error_from_errno("sync", path, errno);
  return {};
}

Result<void> fill_and_rename(const Descriptor& file, const std::string& temporary, const std::string& path,
                             std::string_view octets, mode_t mode) {
  if (auto written = write_all(file.get(), octets, temporary); !written) return written;
  if (::fchmod(file.get(), mode) != 0) return error_from_errno("set the mode of", temporary, errno);
  if (::fsync(file.get()) != 0) return error_from_errno("sync", temporary, errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return error_from_errno("put in place", path, errno);
  return {};
}

}  // namespace

Result<FileVersion> file_version(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return error_from_errno("look at", path, errno);
  constexpr std::int64_t second = 1'000'000'000;
  return FileVersion{found.st_ino, found.st_mtim.tv_sec * second + found.st_mtim.tv_nsec, found.st_size};
}

Result<void> touch_file(const std::string& path) {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  const std::array<timespec, 2> both{time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), both.data(), 0) != 0) return error_from_errno("touch", path, errno);
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return error_from_errno("remove", path, errno);
  return {};
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() noexcept {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

void Descriptor::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error error_from_errno(std::string_view doing, const std::string& path, int error_number) {
  ErrorKind kind = ErrorKind::unavailable;
  if (error_number == ENOENT || error_number == ENOTDIR) kind = ErrorKind::not_found;
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS) kind = ErrorKind::forbidden;
  return {kind,
          "cannot " + std::string(doing) + " " + path + ": " + std::generic_category().message(error_number)};
}

Result<std::string> read_descriptor(int fd, const std::string& name, std::uint64_t max_bytes) {
  constexpr std::size_t block = 65536;
  std::string octets;
  struct stat about = {};
  if (::fstat(fd, &about) == 0 && S_ISREG(about.st_mode))  // of other things nobody knows the size
    octets.reserve(std::min(max_bytes, static_cast<std::uint64_t>(about.st_size)) + block);
  for (;;) {
    const std::size_t have = octets.size();
    if (have > max_bytes)
      return Error{ErrorKind::bad_input, name + " is larger than " + std::to_string(max_bytes) + " octets"};
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block, max_bytes - have + 1));
    octets.resize(have + wanted);
    const ssize_t got = ::read(fd, octets.data() + have, wanted);
    octets.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error_from_errno("read", name, errno);
    if (got == 0) return octets;
  }
}

Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes) {
  // O_NONBLOCK: opening a FIFO that nobody writes to must not hang us; it means nothing for regular files.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return error_from_errno("open", path, errno);
  struct stat about = {};
  if (::fstat(file.get(), &about) != 0) return error_from_errno("look at", path, errno);
  if (!S_ISREG(about.st_mode)) return Error{ErrorKind::bad_input, path + " is not a regular file"};
  return read_descriptor(file.get(), path, max_bytes);
}

Result<void> write_file_atomic(const std::string& path, std::string_view octets, mode_t mode) {
  std::string temporary = path + std::string(temporary_name);
  const Descriptor file(::mkostemps(temporary.data(), static_cast<int>(temporary_end.size()), O_CLOEXEC));
  if (!file.valid()) return error_from_errno("make a temporary file for", path, errno);
  if (auto done = fill_and_rename(file, temporary, path, octets, mode); !done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return sync_directory(parent_of(path));
}

std::optional<std::string_view> file_of_temporary(std::string_view path) {
  if (path.size() <= temporary_name.size() || !path.ends_with(temporary_end)) return std::nullopt;
  const std::string_view name = path.substr(path.size() - temporary_name.size());
  const std::string_view random = name.substr(1, name.size() - 1 - temporary_end.size());
  const bool made = name.front() == '.' && std::all_of(random.begin(), random.end(), [](char c) {
                      return is_ascii_alpha(c) || is_ascii_digit(c);
                    });
  if (!made) return std::nullopt;
  return path.substr(0, path.size() - temporary_name.size());
}

Result<void> put_in_place_of(const std::string& path, const std::string& newer) {
  struct stat about = {};
  if (::stat(path.c_str(), &about) != 0) return error_from_errno("look at", path, errno);
  constexpr mode_t permissions = 07777;
  if (::chown(newer.c_str(), about.st_uid, about.st_gid) != 0)
    return error_from_errno("give to the owner of " + path + " the file", newer, errno);
  if (::chmod(newer.c_str(), about.st_mode & permissions) != 0)
    return error_from_errno("set the mode of", newer, errno);
  if (::rename(newer.c_str(), path.c_str()) != 0) return error_from_errno("put in place", path, errno);
  return sync_directory(parent_of(path));
}

Result<void> make_directories(const std::string& path, mode_t mode) {
  struct stat about = {};
  if (::stat(path.c_str(), &about) == 0) {
    if (S_ISDIR(about.st_mode)) return {};
    return Error{ErrorKind::conflict, path + " exists and is not a directory"};
  }
  if (const std::string parent = parent_of(path); parent != path)
    if (auto made = make_directories(parent, mode); !made) return made;
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return error_from_errno("make the directory", path, errno);
  return {};
}

}  // namespace portavoz
