#include "adapters/renderer/server.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/renderer/socket.h"

namespace portavoz {
namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr auto to_ask = std::chrono::seconds(5);
constexpr auto to_listen = std::chrono::seconds(5);

Time within(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

RenderServer::RenderServer(std::string path, Render render, Report report, int listener, int stopping)
    : path_(std::move(path)),
      render_(std::move(render)),
      report_(std::move(report)),
      listener_(listener),
      stopping_(stopping) {}

Result<std::unique_ptr<RenderServer>> RenderServer::create(const std::string& path, Render render,
                                                           Report report) {
  const auto listener = listen_as_renderer(path);
  if (!listener) return listener.error();
  const int stopping = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stopping < 0) {
    const int why = errno;
    ::close(*listener);
    return render_socket_error("wait on", path, why);
  }
  return std::unique_ptr<RenderServer>(
      new RenderServer(path, std::move(render), std::move(report), *listener, stopping));
}

RenderServer::~RenderServer() {
  ::close(listener_);
  ::close(stopping_);
}

void RenderServer::stop() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stopping_, &one, sizeof one);
}

bool RenderServer::wait(int fd, short events, Time until) const {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> both{pollfd{fd, events, 0}, pollfd{stopping_, POLLIN, 0}};
    const int ready = ::poll(both.data(), both.size(), static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && both[1].revents == 0;
  }
}

void RenderServer::serve() {
  for (;;) {
    std::array<pollfd, 2> both{pollfd{listener_, POLLIN, 0}, pollfd{stopping_, POLLIN, 0}};
    if (::poll(both.data(), both.size(), -1) < 0) continue;
    if (both[1].revents != 0) return;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client >= 0) {
      serve_one(client);
      ::close(client);
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      report_(render_socket_error("accept a connection on", path_, errno).what);
      // Without descriptors or memory the same would be asked again at once.
      static_cast<void>(wait(-1, 0, within(std::chrono::seconds(1))));
    }
  }
}

void RenderServer::serve_one(int client) {
  const auto request = read(client);
  if (!request) {
    report_("a request was refused: " + request.error().what);
    return answer(client, request.error());
  }
  answer(client, render_(*request, {client, stopping_}));
}

Result<RenderRequest> RenderServer::read(int client) {
  const Time last = within(to_ask);
  std::string came;
  std::array<char, 65536> piece{};
  for (;;) {
    if (!wait(client, POLLIN, last)) return Error{ErrorKind::unavailable, "it did not come in time"};
    const ssize_t got = ::recv(client, piece.data(), piece.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return Error{ErrorKind::unavailable, "the connection ended before it was whole"};
    came.append(piece.data(), static_cast<std::size_t>(got));
    auto read = read_request(came);
    if (!read) return read.error();
    if (*read) return std::move(**read);
  }
}

void RenderServer::answer(int client, const Result<Rendered>& result) {
  const std::string octets = format_answer(result);
  std::string_view rest = octets;
  const Time last = within(to_listen);
  while (!rest.empty()) {
    const ssize_t sent = ::send(client, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    if (sent > 0 || errno == EINTR) continue;
    if (errno != EAGAIN || !wait(client, POLLOUT, last)) return;  // nobody listens any more
  }
}

}  // namespace portavoz
