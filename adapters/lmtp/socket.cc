#include "adapters/lmtp/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/net/connect_rule.h"

namespace portavoz {
namespace {

constexpr int backlog = 128;

// A socket address of any family.
struct Name {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  template <typename Address>
  void set(const Address& address) {
    std::memcpy(&storage, &address, sizeof address);
    size = sizeof address;
  }
};

Name inet_name(const Endpoint& endpoint) {
  Name name;
  const auto octets = endpoint.address.octets();
  if (!endpoint.address.is_v6()) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, octets.data(), sizeof address.sin_addr);
    name.set(address);
  } else {
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, octets.data(), sizeof address.sin6_addr);
    name.set(address);
  }
  return name;
}

Result<Name> name_of(const std::string& where) {
  Name name;
  if (!where.starts_with('/')) {
    const auto endpoint = parse_endpoint(where);
    if (!endpoint) return endpoint.error();
    return inet_name(*endpoint);
  }
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (where.size() >= sizeof address.sun_path)
    return Error{ErrorKind::bad_input, "the path of the socket " + where + " is too long for the system"};
  std::copy(where.begin(), where.end(), address.sun_path);
  name.set(address);
  return name;
}

bool is_socket(const std::string& path) {
  struct stat about = {};
  return ::lstat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode);
}

Result<void> make_way(const std::string& path) {
  if (!is_socket(path)) return {};
  constexpr Millis enough{1000};
  if (connect_to(path, enough))
    return Error{ErrorKind::conflict, "another program listens on " + path + " already"};
  if (::unlink(path.c_str()) != 0) return socket_error("take away", path, errno);
  return {};
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

void Socket::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error socket_error(std::string_view doing, const std::string& where, int number) {
  const bool denied = number == EACCES || number == EPERM;
  return {denied ? ErrorKind::forbidden : ErrorKind::unavailable,
          "cannot " + std::string(doing) + " " + where + ": " + std::generic_category().message(number)};
}

Wait wait_for(int fd, short events, Millis timeout, int stop) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now());
    std::array<pollfd, 2> both{pollfd{fd, events, 0}, pollfd{stop, POLLIN, 0}};
    const int ready =
        ::poll(both.data(), both.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Wait::timed_out;
    return both[1].revents != 0 ? Wait::stopped : Wait::ready;
  }
}

Result<Socket> connect_to(const std::string& where, Millis timeout) {
  const auto name = name_of(where);
  if (!name) return name.error();
  Socket socket(::socket(name->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return socket_error("connect to", where, errno);
  if (::connect(socket.get(), name->get(), name->size) == 0) return socket;
  if (errno != EINPROGRESS) return socket_error("connect to", where, errno);
  if (wait_for(socket.get(), POLLOUT, timeout, -1) != Wait::ready)
    return socket_error("connect to", where, ETIMEDOUT);
  int problem = 0;
  socklen_t size = sizeof problem;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
  if (problem != 0) return socket_error("connect to", where, problem);
  return socket;
}

Result<Socket> listen_at(const std::string& where) {
  const auto name = name_of(where);
  if (!name) return name.error();
  const bool path = where.starts_with('/');
  if (path)
    if (auto done = make_way(where); !done) return done.error();
  Socket socket(::socket(name->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return socket_error("listen on", where, errno);
  const int yes = 1;
  if (!path && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
    return socket_error("listen on", where, errno);
  if (::bind(socket.get(), name->get(), name->size) != 0) return socket_error("listen on", where, errno);
  constexpr mode_t owner_and_group = 0660;
  if (path && ::chmod(where.c_str(), owner_and_group) != 0) return socket_error("open", where, errno);
  if (::listen(socket.get(), backlog) != 0) return socket_error("listen on", where, errno);
  return socket;
}

Result<void> send_all(int fd, std::string_view octets, Millis timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!octets.empty()) {
    const ssize_t sent = ::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      octets.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return socket_error("write to", "the connection", errno);
    const auto left = std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now());
    if (wait_for(fd, POLLOUT, left, -1) != Wait::ready)
      return socket_error("write to", "the connection", ETIMEDOUT);
  }
  return {};
}

}  // namespace portavoz
