#include "adapters/libmilter/probe.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace portavoz {
namespace {

// A packet is its length, a command and its data: 'O' negotiates options, with version 6, all actions and no
// steps left out; 'Q' says good-bye.
constexpr std::string_view negotiate("\0\0\0\x0DO\0\0\0\6\0\0\1\xFF\0\x1F\xFF\xFF", 17);
constexpr std::string_view quit("\0\0\0\1Q", 5);
constexpr std::size_t head_octets = 5;

class Socket {
 public:
  Socket() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket(Socket&&) = delete;
  Socket& operator=(Socket&&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error failed(const std::string& path, int number) {
  const ErrorKind kind = number == ENOENT                      ? ErrorKind::not_found
                         : number == EACCES || number == EPERM ? ErrorKind::forbidden
                                                               : ErrorKind::unavailable;
  const std::string why = number == EAGAIN ? "no answer in time" : std::generic_category().message(number);
  return {kind, "no gate answers at " + path + ": " + why};
}

bool set_time_out(const Socket& socket, Millis time_out) {
  const timeval wait{time_out.count() / 1000, (time_out.count() % 1000) * 1000};
  return ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
         ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0;
}

bool connect_to(const Socket& socket, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Result<void> milter_answers(const std::string& socket, Millis time_out) {
  const Socket connection;
  if (connection.get() < 0 || !set_time_out(connection, time_out) || !connect_to(connection, socket) ||
      ::send(connection.get(), negotiate.data(), negotiate.size(), MSG_NOSIGNAL) < 0)
    return failed(socket, errno);
  std::array<char, head_octets> head{};
  const auto came = ::recv(connection.get(), head.data(), head.size(), MSG_WAITALL);
  if (came < 0) return failed(socket, errno);
  if (came != static_cast<ssize_t>(head.size()) || head.back() != 'O')
    return Error{ErrorKind::unavailable, "what answers at " + socket + " is no milter"};
  ::send(connection.get(), quit.data(), quit.size(), MSG_NOSIGNAL);
  return {};
}

}  // namespace portavoz
