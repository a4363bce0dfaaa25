// JudgeProcess: pages are read in a process of their own that can do nothing else (judge/judge_pages.h):
// started when the first one comes, asked one question at a time, and replaced after some hundred, or when it
// ends, takes too long, or says what cannot be read. A page on which that happens is a finding by itself,
// "cannot tell", or has no lines; it is not asked about again. When no such process can be started, nothing
// is known of any page, and whoever asks gets an error.
//
// Units: milliseconds of the reactor. Errors: unavailable. Threads: that of the reactor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/os/child.h"
#include "core/evidence/judge_wire.h"
#include "core/net/reactor.h"

namespace portavoz {

// portavoz-judge, in the folder of the program that runs.
[[nodiscard]] std::string judge_program();

struct JudgeOptions {
  std::string program = judge_program();
  std::string lexicon = {};  // the words beside the built-in ones, as Lexicon::parse reads them
  Millis answer{20'000};     // how long one answer may take
  Millis start{20'000};
  // Told of every such end and every start that failed: a log.
  void (*warning)(std::string_view) = [](std::string_view) {};
  void (*error)(std::string_view) = [](std::string_view) {};
};

class JudgeProcess {
 public:
  using Judged = std::function<void(Result<Inspection>)>;
  using LinesRead = std::function<void(Result<PageLines>)>;

  // The reactor must outlive it.
  JudgeProcess(Reactor& reactor, JudgeOptions options);
  JudgeProcess(const JudgeProcess&) = delete;
  JudgeProcess& operator=(const JudgeProcess&) = delete;
  JudgeProcess(JudgeProcess&&) = delete;
  JudgeProcess& operator=(JudgeProcess&&) = delete;
  // Kills the process; what was asked stays without an answer.
  ~JudgeProcess();

  // Calls `judged` once, from inside of this call only with an error. The page and the address must live
  // until then.
  void ask(const FetchResult& page, const MailAddress& address, Judged judged);
  // What a reader of the page sees. Likewise; a page that brings the process down is an error, too.
  void ask_lines(const FetchResult& page, LinesRead read);

  [[nodiscard]] std::optional<pid_t> pid() const;

 private:
  enum class State : std::uint8_t { absent, starting, idle, judging };
  using Tell = std::function<void()>;
  struct Question {
    std::string url;
    std::function<std::string()> message;               // made in its turn, because pages are large
    std::function<Tell(const std::string&)> read;       // what to do with this answer; null: it is none
    std::function<void(const std::string&)> no_answer;  // why the page has none
    std::function<void(const Error&)> not_asked;
  };

  void add(Question question);
  void go_on();
  void start();
  void send(std::string message, State next, Millis within);
  void on_ready(Reactor::Ready ready);
  void flush();
  void receive();
  void take(const std::string& message);
  void failed(const std::string& how);
  void could_not_start(const std::string& why);
  void refuse_all();
  Death drop();

  Reactor& reactor_;
  JudgeOptions options_;
  std::deque<Question> waiting_;  // the first one is with the process while it judges
  State state_ = State::absent;
  std::optional<Child> child_;
  MessageReader said_{longest_answer};
  std::string to_say_;
  std::size_t sent_octets_ = 0;  // of to_say_, those that the socket took
  Reactor::Timer timer_ = 0;
  int answers_ = 0;       // of this process
  Millis not_before_{0};  // no new start, after one that failed
  std::string why_not_;
};

}  // namespace portavoz
