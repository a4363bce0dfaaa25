#include "adapters/ares/resolver.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <poll.h>

#include <ares.h>

#include "core/base/owned.h"

namespace portavoz {
namespace {

using Channel = Owned<struct ares_channeldata, ares_destroy>;
using AddressInfo = Owned<struct ares_addrinfo, ares_freeaddrinfo>;

struct Question {
  bool done = false;
  Resolution result;
};

IpAddress address_of(const sockaddr* address) {
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    return IpAddress::v6(std::span<const std::uint8_t, 16>(v6.sin6_addr.s6_addr));
  }
  sockaddr_in v4{};
  std::memcpy(&v4, address, sizeof v4);
  return IpAddress::v4(ntohl(v4.sin_addr.s_addr));
}

Resolution resolution_of(int status, const ares_addrinfo* info) {
  Resolution out;
  for (const ares_addrinfo_node* node = info ? info->nodes : nullptr; node; node = node->ai_next) {
    if (node->ai_family == AF_INET || node->ai_family == AF_INET6)
      out.addresses.push_back(address_of(node->ai_addr));
  }
  if (status == ARES_SUCCESS && !out.addresses.empty()) {
    out.answer = Resolution::Answer::found;
    return out;
  }
  out.addresses.clear();
  out.why = status == ARES_SUCCESS ? "the name has no address" : ares_strerror(status);
  if (status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_SUCCESS) {
    out.answer = Resolution::Answer::none;
  } else if (status == ARES_ETIMEOUT || status == ARES_ECANCELLED) {
    out.answer = Resolution::Answer::timed_out;
  } else {
    out.answer = Resolution::Answer::failed;
  }
  return out;
}

void on_answer(void* arg, int status, int /*timeouts*/, ares_addrinfo* info) noexcept {
  const AddressInfo owned(info);
  auto* question = static_cast<Question*>(arg);
  question->done = true;
  question->result = resolution_of(status, info);
}

// options.timeout and tries: a lost packet is asked for again within our deadline.
Channel open_channel() {
  ares_options options{};
  std::array<char, 2> dns_only{"b"};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  options.timeout = 1000;
  options.tries = 3;
  options.lookups = dns_only.data();
  options.ndomains = 0;
  ares_channel channel = nullptr;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;
  return Channel(ares_init_options(&channel, &options, mask) == ARES_SUCCESS ? channel : nullptr);
}

// Waits for the channel's sockets, at most `left`, and lets c-ares read them.
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

}  // namespace

Result<Resolver> Resolver::create(const std::vector<std::string>& servers, MonotonicClock clock) {
  std::string list;
  for (const auto& server : servers) {
    const auto endpoint = parse_endpoint(server);
    if (!endpoint) return Error{ErrorKind::bad_input, "verifier.resolvers: " + endpoint.error().what};
    if (!list.empty()) list += ',';
    list += server;
  }
  if (!open_channel())
    return Error{ErrorKind::unavailable, "c-ares does not start; is there memory, and /etc/resolv.conf?"};
  return Resolver(std::move(list), clock);
}

Resolution Resolver::resolve(const std::string& name, Millis deadline) const {
  const Millis end = clock_() + deadline;
  const Channel channel = open_channel();
  if (!channel) return {Resolution::Answer::failed, {}, "c-ares does not start"};
  if (!servers_.empty() && ares_set_servers_ports_csv(channel.get(), servers_.c_str()) != ARES_SUCCESS) {
    return {Resolution::Answer::failed, {}, "c-ares does not take the servers " + servers_};
  }
  Question question;
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket for every address of the answer
  ares_getaddrinfo(channel.get(), name.c_str(), nullptr, &hints, on_answer, &question);
  while (!question.done) {
    const Millis left = end - clock_();
    if (left <= Millis::zero()) {
      ares_cancel(channel.get());  // calls on_answer, which sets done
      return {
          Resolution::Answer::timed_out, {}, "no answer within " + std::to_string(deadline.count()) + " ms"};
    }
    wait_once(channel.get(), left);
  }
  return question.result;
}

}  // namespace portavoz
