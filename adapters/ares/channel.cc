#include "adapters/ares/channel.h"

#include <array>

#include <poll.h>

namespace portavoz {
namespace {

// options.timeout and tries: a lost packet is asked for again within our deadline.
Channel open_with(const std::string& servers, int more_flags, ares_sock_state_cb on_socket, void* data) {
  ares_options options{};
  std::array<char, 2> dns_only{"b"};
  in_addr to_be_replaced{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | more_flags;
  options.timeout = 1000;
  options.tries = 3;
  options.lookups = dns_only.data();
  options.ndomains = 0;
  options.ndots = 1;
  options.nsort = 0;
  options.ednspsz = largest_udp_answer;
  options.sock_state_cb = on_socket;
  options.sock_state_cb_data = data;
  ares_channel opened = nullptr;
  // With all of these given, c-ares does not read /etc/resolv.conf.
  options.servers = &to_be_replaced;
  options.nservers = 1;
  const int mask = (on_socket ? ARES_OPT_SOCK_STATE_CB : 0) | (servers.empty() ? 0 : ARES_OPT_SERVERS) |
                   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                   ARES_OPT_DOMAINS | ARES_OPT_NDOTS | ARES_OPT_SORTLIST | ARES_OPT_EDNSPSZ;
  if (ares_init_options(&opened, &options, mask) != ARES_SUCCESS) return nullptr;
  Channel channel(opened);
  if (!servers.empty() && ares_set_servers_ports_csv(channel.get(), servers.c_str()) != ARES_SUCCESS)
    return nullptr;
  return channel;
}

}  // namespace

Channel open_channel(const std::string& servers, int more_flags) {
  return open_with(servers, more_flags, nullptr, nullptr);
}

Channel open_watched_channel(const std::string& servers, ares_sock_state_cb on_socket, void* data) {
  return open_with(servers, 0, on_socket, data);
}

void wait_once(ares_channel channel, Millis left) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto bits = static_cast<unsigned>(ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM));
  std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
  nfds_t count = 0;
  for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    const bool readable = ((bits >> i) & 1U) != 0;
    const bool writable = ((bits >> (i + ARES_GETSOCK_MAXNUM)) & 1U) != 0;
    if (!readable && !writable) continue;
    const int events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0);
    polled[count++] = {sockets[i], static_cast<short>(events), 0};
  }
  timeval max{left.count() / 1000, (left.count() % 1000) * 1000};
  timeval next{};
  const timeval* wait = ares_timeout(channel, &max, &next);
  poll(polled.data(), count, static_cast<int>(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1));
  for (nfds_t i = 0; i < count; ++i) {
    const auto happened = static_cast<unsigned>(polled[i].revents);
    const bool in = (happened & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool out = (happened & (POLLOUT | POLLERR | POLLHUP)) != 0;
    ares_process_fd(channel, in ? polled[i].fd : ARES_SOCKET_BAD, out ? polled[i].fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // its own time-outs
}

}  // namespace portavoz
