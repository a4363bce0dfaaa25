#include "adapters/os/judge_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sysexits.h>

#include "core/evidence/judge.h"

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

std::string judge_program() {
  std::error_code unknown;  // then it cannot be started, and that is said
  const auto ours = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return (ours.parent_path() / "portavoz-judge").string();
}

JudgeProcess::JudgeProcess(Reactor& reactor, JudgeOptions options)
    : reactor_(reactor), options_(std::move(options)) {}

JudgeProcess::~JudgeProcess() {
  if (child_) drop();
}

std::optional<pid_t> JudgeProcess::pid() const {
  return child_ ? std::optional(child_->pid()) : std::nullopt;
}

void JudgeProcess::ask(const FetchResult& page, const MailAddress& address, Judged judged) {
  add({
      .url = page.final_url,
      .message = [&page, &address] { return question_message(page, address); },
      .read = [judged, url = page.final_url](const std::string& answer) -> Tell {
        auto seen = read_answer(answer, url);
        if (!seen) return nullptr;
        return [judged, seen = std::move(*seen)]() mutable { judged(std::move(seen)); };
      },
      .no_answer =
          [judged](const std::string& why) {
            judged(Inspection{FetchOutcome::ok, not_judged(why)});
          },
      .not_asked = judged,
  });
}

void JudgeProcess::ask_lines(const FetchResult& page, LinesRead read) {
  add({
      .url = page.final_url,
      .message = [&page] { return lines_question_message(page); },
      .read = [read](const std::string& answer) -> Tell {
        auto lines = read_lines(answer);
        if (!lines) return nullptr;
        return [read, lines = std::move(*lines)]() mutable { read(std::move(lines)); };
      },
      .no_answer =
          [read](const std::string& why) {
            read(Error{ErrorKind::unavailable,
                       "the page brought the program that reads pages down (" + why + ")"});
          },
      .not_asked = read,
  });
}

void JudgeProcess::add(Question question) {
  waiting_.push_back(std::move(question));
  go_on();
}

// Brings the first question further, if nothing is under way.
void JudgeProcess::go_on() {
  if (waiting_.empty() || state_ == State::starting || state_ == State::judging) return;
  if (state_ == State::idle && answers_ >= pages_of_a_life) drop();
  if (state_ == State::absent) return start();
  send(waiting_.front().message(), State::judging, options_.answer);
}

void JudgeProcess::start() {
  if (reactor_.now() < not_before_) return refuse_all();
  auto child = Child::start(options_.program, {});
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
  const Tell tell = waiting_.front().read(message);
  if (!tell) return failed("it said what cannot be read");
  reactor_.cancel(std::exchange(timer_, 0));
  state_ = State::idle;
  ++answers_;
  waiting_.pop_front();
  tell();
  go_on();
}

// how: empty when it ended by itself.
void JudgeProcess::failed(const std::string& how) {
  const State before = state_;
  const Death death = drop();
  const std::string why = how.empty() ? describe(death) : how;
  if (before == State::starting) return could_not_start(options_.program + ": " + why);
  if (before == State::idle)
    return options_.warning("the program that reads pages ended while it waited: " + why);
  const Question question = std::move(waiting_.front());
  waiting_.pop_front();
  options_.warning(question.url + " brought the program that reads pages down: " + why +
                   "; a new one takes its place");
  question.no_answer(why);
  go_on();
}

void JudgeProcess::could_not_start(const std::string& why) {
  why_not_ = "the program that reads pages cannot be started: " + why;
  not_before_ = reactor_.now() + between_failed_starts;
  options_.error(why_not_ + "; until it can, no page is judged and checks go back");
  refuse_all();
}

// Nothing is known of their pages.
void JudgeProcess::refuse_all() {
  const auto refused = std::exchange(waiting_, {});
  for (const Question& question : refused) question.not_asked(Error{ErrorKind::unavailable, why_not_});
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
