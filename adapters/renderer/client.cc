#include "adapters/renderer/client.h"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "adapters/renderer/socket.h"

namespace portavoz {
namespace {

constexpr Millis patience = std::chrono::minutes(2);

}  // namespace

RenderClient::~RenderClient() { hang_up(); }

void RenderClient::start(RenderRequest request, Done done) {
  waiting_.push_back({std::move(request), std::move(done), reactor_.now()});
  later();
}

// The next turn comes from the loop.
void RenderClient::later() {
  if (job_ || timer_ != 0 || waiting_.empty()) return;
  timer_ = reactor_.at(reactor_.now(), [this] {
    timer_ = 0;
    next();
  });
}

void RenderClient::next() {
  job_ = std::move(waiting_.front());
  waiting_.pop_front();
  began_ = reactor_.now();
  if (began_ - job_->asked > patience)
    return finish(Error{ErrorKind::unavailable, "too many pages wait for the renderer"});
  auto octets = format_request(job_->request);
  if (!octets) return finish(Error{ErrorKind::bad_input, "the page is larger than the renderer takes"});
  const auto connected = connect_to_renderer(path_);
  if (!connected) return finish(connected.error());
  fd_ = *connected;
  out_ = std::move(*octets);
  timer_ = reactor_.at(began_ + job_->request.within, [this] {
    timer_ = 0;
    finish(Error{ErrorKind::unavailable, "the renderer did not answer in time"});
  });
  reactor_.watch(fd_, {.readable = true, .writable = true}, [this](Reactor::Ready what) { ready(what); });
}

void RenderClient::ready(Reactor::Ready what) {
  if (what.writable && !out_.empty()) write();
  if (what.readable) read();
}

void RenderClient::write() {
  while (!out_.empty()) {
    const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      out_.erase(0, static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return;
    out_.clear();  // it may have said why
    break;
  }
  reactor_.watch(fd_, {.readable = true, .writable = false}, [this](Reactor::Ready what) { ready(what); });
}

void RenderClient::read() {
  std::array<char, 65536> piece{};
  const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) return finish(Error{ErrorKind::unavailable, "the renderer hung up"});
  in_.append(piece.data(), static_cast<std::size_t>(got));
  auto answer = read_answer(in_);
  if (answer && !*answer) return;
  finish(answer ? std::move(**answer)
                : Error{ErrorKind::bad_input, "the renderer's answer is none: " + answer.error().what});
}

void RenderClient::finish(Result<Rendered> result) {
  hang_up();
  const Job job = std::move(*job_);
  job_.reset();
  const Millis took = reactor_.now() - began_;
  later();
  job.done(std::move(result), took);
}

void RenderClient::hang_up() {
  if (timer_ != 0) reactor_.cancel(timer_);
  timer_ = 0;
  if (fd_ >= 0) {
    reactor_.forget(fd_);
    ::close(fd_);
  }
  fd_ = -1;
  out_.clear();
  in_.clear();
}

}  // namespace portavoz
