#include "verifier/judge_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <sys/socket.h>
#include <sysexits.h>

#include "adapters/os/log.h"
#include "core/evidence/judge.h"
#include "verifier/judge_child.h"

namespace portavoz {
namespace {

constexpr Millis between_failed_starts{10'000};

// As a page's report says it.
std::string describe(const Death& death) {
  switch (death.signal) {
    case SIGPROF:
    case SIGXCPU: return "it took more computing time than a page may take";
    case SIGSYS: return "it tried what it is not allowed";
    case 0: break;
    default: return "signal " + std::to_string(death.signal);
  }
  if (death.exit_status == EX_OSERR) return "it took more memory than a page may take";
  return "exit status " + std::to_string(death.exit_status);
}

}  // namespace

JudgeProcess::JudgeProcess(Reactor& reactor, JudgeOptions options)
    : reactor_(reactor), options_(std::move(options)) {}

JudgeProcess::~JudgeProcess() {
  if (child_) drop();
}

std::optional<pid_t> JudgeProcess::pid() const {
  return child_ ? std::optional(child_->pid()) : std::nullopt;
}

void JudgeProcess::ask(const FetchResult& page, const MailAddress& address, Judged judged) {
  waiting_.push_back({&page, &address, std::move(judged)});
  go_on();
}

// Brings the first question further, if nothing is under way.
void JudgeProcess::go_on() {
  if (waiting_.empty() || state_ == State::starting || state_ == State::judging) return;
  if (state_ == State::idle && answers_ >= pages_of_a_life) drop();
  if (state_ == State::absent) return start();
  const Question& next = waiting_.front();
  send(question_message(*next.page, *next.address), State::judging, options_.answer);
}

void JudgeProcess::start() {
  if (reactor_.now() < not_before_) return refuse_all();
  auto child = Child::start(options_.program, {"--judge"});
  if (!child) return could_not_start(child.error().what);
  child_.emplace(std::move(*child));
  answers_ = 0;
  send(words_message(options_.lexicon), State::starting, options_.start);
}

void JudgeProcess::send(std::string message, State next, Millis within) {
  state_ = next;
  to_say_ = std::move(message);
  sent_octets_ = 0;
  timer_ = reactor_.at(reactor_.now() + within, [this, within] {
    timer_ = 0;
    failed("no answer came within " + std::to_string(within.count() / 1000) + " s");
  });
  flush();
}

void JudgeProcess::on_ready(Reactor::Ready ready) {
  if (ready.readable) return receive();
  if (ready.writable) flush();
}

void JudgeProcess::flush() {
  while (sent_octets_ < to_say_.size()) {
    const auto sent =
        ::send(child_->socket(), to_say_.data() + sent_octets_, to_say_.size() - sent_octets_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) break;  // no room now; or it is gone, and reading will tell
    sent_octets_ += static_cast<std::size_t>(sent);
  }
  reactor_.watch(child_->socket(), {.readable = true, .writable = sent_octets_ < to_say_.size()},
                 [this](Reactor::Ready ready) { on_ready(ready); });
}

void JudgeProcess::receive() {
  std::array<char, 65'536> block;
  const auto got = ::recv(child_->socket(), block.data(), block.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return failed("");
  said_.add({block.data(), static_cast<std::size_t>(got)});
  const auto message = said_.next();
  if (message && !*message) return;
  // It speaks once, when it was asked, and after it heard all of it.
  if (!message || !said_.empty() || state_ == State::idle || sent_octets_ < to_say_.size())
    return failed("it said what cannot be read");
  take(**message);
}

void JudgeProcess::take(const std::string& message) {
  if (state_ == State::starting) {
    if (!read_ready(message)) return failed("it said what cannot be read");
    reactor_.cancel(std::exchange(timer_, 0));
    state_ = State::idle;
    return go_on();
  }
  auto inspection = read_answer(message, waiting_.front().page->final_url);
  if (!inspection) return failed("it said what cannot be read");
  reactor_.cancel(std::exchange(timer_, 0));
  state_ = State::idle;
  ++answers_;
  take_question().judged(std::move(*inspection));
  go_on();
}

// how: empty when it ended by itself.
void JudgeProcess::failed(const std::string& how) {
  const State before = state_;
  const Death death = drop();
  const std::string why = how.empty() ? describe(death) : how;
  if (before == State::starting) return could_not_start(options_.program + " --judge: " + why);
  if (before == State::idle) return log_warning("the program that reads pages ended while it waited: " + why);
  const Question question = take_question();
  log_warning(question.page->final_url + " brought the program that reads pages down: " + why +
              "; a new one takes its place");
  question.judged(Inspection{FetchOutcome::ok, not_judged(why)});
  go_on();
}

void JudgeProcess::could_not_start(const std::string& why) {
  why_not_ = "the program that reads pages cannot be started: " + why;
  not_before_ = reactor_.now() + between_failed_starts;
  log_error(why_not_ + "; until it can, no page is judged and checks go back");
  refuse_all();
}

// Nothing is known of their pages.
void JudgeProcess::refuse_all() {
  const auto refused = std::exchange(waiting_, {});
  for (const Question& question : refused) question.judged(Error{ErrorKind::unavailable, why_not_});
}

JudgeProcess::Question JudgeProcess::take_question() {
  Question question = std::move(waiting_.front());
  waiting_.pop_front();
  return question;
}

Death JudgeProcess::drop() {
  reactor_.cancel(std::exchange(timer_, 0));
  reactor_.forget(child_->socket());
  const Death death = child_->end();
  child_.reset();
  said_ = MessageReader(longest_answer);
  to_say_.clear();
  sent_octets_ = 0;
  state_ = State::absent;
  return death;
}

}  // namespace portavoz
