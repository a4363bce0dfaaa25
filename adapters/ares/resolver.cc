#include "adapters/ares/resolver.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <memory>
#include <optional>

#include <netinet/in.h>
#include <sys/resource.h>

#include "adapters/ares/channel.h"
#include "core/net/connect_rule.h"

namespace portavoz {
namespace {

using AddressInfo = Owned<struct ares_addrinfo, ares_freeaddrinfo>;

constexpr std::size_t most_idle = 64;
constexpr Millis longest_use{60'000};  // of a channel: /etc/resolv.conf is read when one is opened

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
  if (status == ARES_ENOTFOUND) {
    out.answer = Resolution::Answer::no_name;
  } else if (status == ARES_ENODATA || status == ARES_SUCCESS) {
    out.answer = Resolution::Answer::no_address;
  } else if (status == ARES_ETIMEOUT || status == ARES_ECANCELLED) {
    out.answer = Resolution::Answer::timed_out;
  } else {
    out.answer = Resolution::Answer::failed;
  }
  return out;
}

}  // namespace

// A channel and who asks by it now. c-ares closes its sockets with the last answer, so whoever comes next has
// a fresh source port nevertheless.
struct Resolver::Line {
  Reactor& reactor;
  Millis opened;
  Question* question = nullptr;
  Channel channel;
};

struct Resolver::Impl {
  Reactor& reactor;
  std::string servers;  // as c-ares wants them, with commas
  std::size_t most;
  std::size_t asking = 0;
  std::list<Question*> waiting;
  std::vector<std::unique_ptr<Line>> idle;  // opening one costs more than all the rest of a look-up

  void ask_next();
  std::unique_ptr<Line> take_line();
  void give_back(std::unique_ptr<Line> line);
};

// One look-up: waits for its turn, asks, and ends with an answer or at its deadline. c-ares calls back from
// inside of its own functions; those callbacks only note, and settle() acts when c-ares has returned.
class Resolver::Question final : public LookUp {
 public:
  Question(std::shared_ptr<Impl> impl, std::string name, int family, Millis deadline,
           std::function<void(Resolution)> done)
      : impl_(std::move(impl)),
        name_(std::move(name)),
        family_(family),
        deadline_(deadline),
        done_(std::move(done)),
        ends_(impl_->reactor.at(impl_->reactor.now() + deadline, [this] { give_up(); })) {
    if (impl_->asking < impl_->most) {
      ask();
    } else {
      turn_ = impl_->waiting.insert(impl_->waiting.end(), this);
    }
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  Question(Question&&) = delete;
  Question& operator=(Question&&) = delete;
  ~Question() override {
    const std::shared_ptr<Impl> impl = impl_;
    leave();
    impl->ask_next();
  }

  void ask() {
    turn_.reset();
    asking_ = true;
    ++impl_->asking;
    line_ = impl_->take_line();
    line_->question = this;
    if (!line_->channel) {
      note({Resolution::Answer::failed,
            {},
            "c-ares does not start with " +
                (impl_->servers.empty() ? "/etc/resolv.conf" : "the servers " + impl_->servers)});
    } else {
      ares_addrinfo_hints hints{};
      hints.ai_family = family_;
      hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket for every address of the answer
      ares_getaddrinfo(line_->channel.get(), name_.c_str(), nullptr, &hints, &Question::on_answer, this);
    }
    if (answer_) {
      next_ = impl_->reactor.at(impl_->reactor.now(), [this] { settle(); });
    } else {
      wait_for_retry();
    }
  }

 private:
  friend struct Impl;

  static void on_answer(void* arg, int status, int /*timeouts*/, ares_addrinfo* info) noexcept {
    const AddressInfo owned(info);
    auto* question = static_cast<Question*>(arg);
    try {
      question->note(resolution_of(status, info));
    } catch (...) {  // no memory for the addresses
      question->answer_.emplace();
    }
  }

  static void on_socket(void* arg, ares_socket_t fd, int readable, int writable) noexcept {
    auto* line = static_cast<Line*>(arg);
    if (readable == 0 && writable == 0) return line->reactor.forget(fd);
    line->reactor.watch(fd, {readable != 0, writable != 0}, [line, fd](Reactor::Ready ready) {
      line->question->process(ready.readable ? fd : ARES_SOCKET_BAD, ready.writable ? fd : ARES_SOCKET_BAD);
    });
  }

  void note(Resolution answer) {
    if (!answer_) answer_ = std::move(answer);
  }

  void process(ares_socket_t readable, ares_socket_t writable) {
    ares_process_fd(line_->channel.get(), readable, writable);
    if (answer_) return settle();
    wait_for_retry();
  }

  // c-ares asks again by itself, when it is told that time has passed.
  void wait_for_retry() {
    timeval next{};
    if (!ares_timeout(line_->channel.get(), nullptr, &next)) return;
    const Millis wait(next.tv_sec * 1000 + next.tv_usec / 1000 + 1);
    impl_->reactor.cancel(std::exchange(next_, impl_->reactor.at(impl_->reactor.now() + wait, [this] {
      process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    })));
  }

  void give_up() {
    answer_ = Resolution{
        Resolution::Answer::timed_out, {}, "no answer within " + std::to_string(deadline_.count()) + " ms"};
    settle();
  }

  // Its place goes to the next before anybody hears of it. The last thing done here: `done` may destroy this.
  void settle() {
    const std::shared_ptr<Impl> impl = impl_;
    const auto done = std::move(done_);
    Resolution answer = std::move(*answer_);
    leave();
    impl->ask_next();
    done(std::move(answer));
  }

  void leave() {
    impl_->reactor.cancel(ends_);
    impl_->reactor.cancel(next_);
    if (turn_) impl_->waiting.erase(*std::exchange(turn_, std::nullopt));
    if (std::exchange(asking_, false)) --impl_->asking;
    if (line_) impl_->give_back(std::move(line_));
  }

  std::shared_ptr<Impl> impl_;
  std::string name_;
  int family_;
  Millis deadline_;
  std::function<void(Resolution)> done_;
  Reactor::Timer ends_;
  Reactor::Timer next_ = 0;
  std::optional<std::list<Question*>::iterator> turn_;
  bool asking_ = false;
  std::optional<Resolution> answer_;
  std::unique_ptr<Line> line_;
};

std::unique_ptr<Resolver::Line> Resolver::Impl::take_line() {
  while (!idle.empty()) {
    auto line = std::move(idle.back());
    idle.pop_back();
    if (reactor.now() - line->opened < longest_use) return line;
  }
  auto line = std::make_unique<Line>(reactor, reactor.now());
  line->channel = open_watched_channel(servers, &Question::on_socket, line.get());
  return line;
}

// c-ares calls on_answer and on_socket once more for what it had not ended.
void Resolver::Impl::give_back(std::unique_ptr<Line> line) {
  if (!line->channel) return;
  ares_cancel(line->channel.get());
  line->question = nullptr;
  if (idle.size() < most_idle) idle.push_back(std::move(line));
}

void Resolver::Impl::ask_next() {
  if (waiting.empty() || asking >= most) return;
  Question* next = waiting.front();
  waiting.pop_front();
  next->ask();
}

Result<Resolver> Resolver::create(Reactor& reactor, const std::vector<std::string>& servers) {
  std::string list;
  for (const auto& server : servers) {
    const auto endpoint = parse_endpoint(server);
    if (!endpoint) return Error{ErrorKind::bad_input, "verifier.resolvers: " + endpoint.error().what};
    if (!list.empty()) list += ',';
    list += server;
  }
  if (!open_channel({}))
    return Error{ErrorKind::unavailable, "c-ares does not start; is there memory, and /etc/resolv.conf?"};
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  const std::size_t most = std::clamp<std::size_t>(descriptors.rlim_cur / 2, 1, max_look_ups);
  return Resolver(std::make_shared<Impl>(Impl{reactor, std::move(list), most, 0, {}, {}}));
}

AsyncResolve Resolver::of_family(int family) const {
  return [impl = impl_, family](const std::string& name, Millis deadline,
                                std::function<void(Resolution)> done) -> std::unique_ptr<LookUp> {
    return std::make_unique<Question>(impl, name, family, deadline, std::move(done));
  };
}

AsyncResolve Resolver::function() const { return of_family(AF_UNSPEC); }
AsyncResolve Resolver::existence() const { return of_family(AF_INET); }

}  // namespace portavoz
