#include "adapters/lmtp/server.h"

#include <array>
#include <cerrno>
#include <exception>
#include <list>
#include <system_error>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/lmtp/socket.h"

namespace portavoz {
namespace {

constexpr Millis longest_silence{300'000};
constexpr Millis longest_send{60'000};
constexpr Millis accept_pause{500};  // how long a full house waits before it looks whether somebody left
constexpr Millis for_ever{86'400'000};

}  // namespace

struct LmtpServer::Parts {
  std::string where;
  std::string host;
  Limits limits;
  MakeDestination make;
  Report report;
  Socket listener;
  Socket stopping;  // an eventfd: readable from stop() on

  // One connection and its thread.
  struct Connection {
    Socket socket;
    std::atomic<bool> done = false;
    std::jthread thread;  // last: it uses the others
  };
  std::list<Connection> connections;

  void accept_one();
  void talk(const Socket& socket) const;
  void guarded_talk(Connection& connection) const noexcept;
};

LmtpServer::LmtpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

LmtpServer::~LmtpServer() {
  stop();
  parts_->connections.clear();
  if (parts_->where.starts_with('/')) ::unlink(parts_->where.c_str());
}

Result<std::unique_ptr<LmtpServer>> LmtpServer::open(const std::string& where, const std::string& host,
                                                     const Limits& limits, MakeDestination make,
                                                     Report report) {
  auto listener = listen_at(where);
  if (!listener) return listener.error();
  Socket stopping(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stopping.valid()) return socket_error("wait on", where, errno);
  auto parts = std::make_unique<Parts>();
  parts->where = where;
  parts->host = host;
  parts->limits = limits;
  parts->make = std::move(make);
  parts->report = std::move(report);
  parts->listener = std::move(*listener);
  parts->stopping = std::move(stopping);
  return std::unique_ptr<LmtpServer>(new LmtpServer(std::move(parts)));
}

void LmtpServer::stop() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(parts_->stopping.get(), &one, sizeof one);
}

void LmtpServer::serve() {
  for (;;) {
    parts_->connections.remove_if([](const auto& connection) { return connection.done.load(); });
    const bool full = parts_->connections.size() >= parts_->limits.connections;
    const Wait waited = full ? wait_for(-1, 0, accept_pause, parts_->stopping.get())
                             : wait_for(parts_->listener.get(), POLLIN, for_ever, parts_->stopping.get());
    if (waited == Wait::stopped) break;
    if (waited == Wait::ready && !full) parts_->accept_one();
  }
  parts_->listener.close();
  parts_->connections.clear();
}

void LmtpServer::Parts::accept_one() {
  Socket socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid()) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      report(socket_error("accept a connection on", where, errno).what);
      // Without descriptors or memory the same would be asked again at once.
      static_cast<void>(wait_for(-1, 0, accept_pause, stopping.get()));
    }
    return;
  }
  Connection& connection = connections.emplace_back();
  connection.socket = std::move(socket);
  try {
    connection.thread = std::jthread([this, &connection] { guarded_talk(connection); });
  } catch (const std::system_error& full) {  // the system has no thread for us: the mail server comes again
    connections.pop_back();
    report(std::string("cannot take a connection: ") + full.what());
  }
}

void LmtpServer::Parts::guarded_talk(Connection& connection) const noexcept {
  try {
    talk(connection.socket);
  } catch (const std::exception& bug) {
    report(std::string("our own mistake, the connection ends: ") + bug.what());
  } catch (...) {
    report("our own mistake, the connection ends");
  }
  ::shutdown(connection.socket.get(), SHUT_RDWR);
  connection.done = true;
}

void LmtpServer::Parts::talk(const Socket& socket) const {
  const std::unique_ptr<LmtpDestination> destination = make();
  LmtpSession session(host, limits.message_octets, *destination);
  const auto send = [&](std::string_view octets) {
    return send_all(socket.get(), octets, longest_send).has_value();
  };
  if (!send(session.greeting())) return;
  std::array<char, 65536> piece{};
  for (;;) {
    const Wait waited = wait_for(socket.get(), POLLIN, longest_silence, stopping.get());
    if (waited != Wait::ready) {
      static_cast<void>(send(format_reply({421, "4.3.2 the door closes, come again"})));
      return;
    }
    const ssize_t got = ::recv(socket.get(), piece.data(), piece.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0 || !session.take({piece.data(), static_cast<std::size_t>(got)}, send)) return;
  }
}

}  // namespace portavoz
