#include "adapters/ares/resolver.h"

#include <cstring>

#include <netinet/in.h>

#include "adapters/ares/channel.h"

namespace portavoz {
namespace {

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

}  // namespace

Result<Resolver> Resolver::create(const std::vector<std::string>& servers, MonotonicClock clock) {
  std::string list;
  for (const auto& server : servers) {
    const auto endpoint = parse_endpoint(server);
    if (!endpoint) return Error{ErrorKind::bad_input, "verifier.resolvers: " + endpoint.error().what};
    if (!list.empty()) list += ',';
    list += server;
  }
  if (!open_channel({}))
    return Error{ErrorKind::unavailable, "c-ares does not start; is there memory, and /etc/resolv.conf?"};
  return Resolver(std::move(list), clock);
}

Resolution Resolver::resolve(const std::string& name, Millis deadline) const {
  const Millis end = clock_() + deadline;
  const Channel channel = open_channel(servers_);
  if (!channel) {
    return {
        Resolution::Answer::failed,
        {},
        "c-ares does not start with " + (servers_.empty() ? "/etc/resolv.conf" : "the servers " + servers_)};
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
