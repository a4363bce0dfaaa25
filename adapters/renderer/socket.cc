#include "adapters/renderer/socket.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace portavoz {
namespace {

constexpr int backlog = 64;  // those whose turn has not come
constexpr mode_t owner_and_group = 0660;

std::optional<sockaddr_un> name_of(const std::string& path) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return std::nullopt;
  std::copy(path.begin(), path.end(), name.sun_path);
  return name;
}

const sockaddr* generic(const sockaddr_un& name) { return reinterpret_cast<const sockaddr*>(&name); }

Error too_long(const std::string& path) {
  return {ErrorKind::bad_input, "the path of the socket " + path + " is too long for the system"};
}

int new_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

Error failed(int fd, std::string_view doing, const std::string& path) {
  const int why = errno;
  if (fd >= 0) ::close(fd);
  return render_socket_error(doing, path, why);
}

bool is_socket(const std::string& path) {
  struct stat about = {};
  return ::lstat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode);
}

}  // namespace

Error render_socket_error(std::string_view doing, const std::string& path, int number) {
  const bool denied = number == EACCES || number == EPERM;
  const std::string why =
      number == EAGAIN ? "too many wait there already" : std::generic_category().message(number);
  return {denied ? ErrorKind::forbidden : ErrorKind::unavailable,
          "cannot " + std::string(doing) + " " + path + ": " + why};
}

Result<int> connect_to_renderer(const std::string& path) {
  const auto name = name_of(path);
  if (!name) return too_long(path);
  const int fd = new_socket();
  if (fd < 0 || ::connect(fd, generic(*name), sizeof *name) != 0) return failed(fd, "connect to", path);
  return fd;
}

Result<int> listen_as_renderer(const std::string& path) {
  const auto name = name_of(path);
  if (!name) return too_long(path);
  if (is_socket(path)) {
    if (const auto other = connect_to_renderer(path)) {
      ::close(*other);
      return Error{ErrorKind::conflict, "another program listens on " + path + " already"};
    }
    if (::unlink(path.c_str()) != 0) return failed(-1, "take away", path);
  }
  const int fd = new_socket();
  if (fd < 0 || ::bind(fd, generic(*name), sizeof *name) != 0 ||
      ::chmod(path.c_str(), owner_and_group) != 0 || ::listen(fd, backlog) != 0)
    return failed(fd, "listen on", path);
  return fd;
}

}  // namespace portavoz
