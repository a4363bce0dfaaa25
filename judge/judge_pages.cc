#include "judge/judge_pages.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <new>
#include <optional>

#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>

#include "adapters/charset/charset.h"
#include "adapters/os/child.h"
#include "adapters/os/log.h"
#include "adapters/seccomp/confine.h"
#include "core/evidence/judge_wire.h"

namespace portavoz {
namespace {

// The worst pages of 2 MiB that we could make took 1.3 s and 170 MiB, the program itself included.
constexpr Seconds page_cpu{5};
constexpr std::uint64_t memory = std::uint64_t{384} << 20U;
constexpr Seconds life_cpu = pages_of_a_life * page_cpu;

// The next message; nothing when the socket was closed. Error: what comes is none.
Result<std::optional<std::string>> hear(MessageReader& heard) {
  for (;;) {
    auto message = heard.next();
    if (!message || *message) return message;
    std::array<char, 65'536> block;
    const auto got = ::recv(child_socket, block.data(), block.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorKind::bad_input, "descriptor 3 is no socket of a program that asks"};
    if (got == 0) return std::optional<std::string>();
    heard.add({block.data(), static_cast<std::size_t>(got)});
  }
}

bool say(std::string_view message) {
  while (!message.empty()) {
    const auto sent = ::send(child_socket, message.data(), message.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    message.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// SIGPROF kills when so much time was computed from now on; zero: never.
void allow_cpu(Seconds time) {
  const itimerval timer{{0, 0}, {time.count(), 0}};
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

// For a system that runs out of memory: this is the process to end.
void be_the_first_to_go() { std::ofstream("/proc/self/oom_score_adj") << 1000; }

// Loads what is in files: the converters, the list of public suffixes, and whatever a first page asks for.
void load(const PageWork& work, const Lexicon& lexicon, const MailAddress& address) {
  load_charsets();
  FetchResult page;
  page.outcome = FetchOutcome::ok;
  page.final_url = "https://example.org/";
  page.body = "<p>caf\xe9 info@example.org <a href='/contact'>contact</a>";
  static_cast<void>(work.judge(page, address, lexicon));
}

Result<void> become_confined(const PageWork& work, const Lexicon& lexicon) {
  const auto address = MailAddress::parse("nobody@example.org");
  if (!address) return address.error();
  load(work, lexicon, *address);
  return confine({.keep = child_socket, .memory = memory, .cpu = life_cpu});
}

std::string answer(const PageWork& work, const Lexicon& lexicon, const JudgeQuestion& question) {
  if (!question.address) return lines_message(work.lines(question.page));
  return answer_message(work.judge(question.page, *question.address, lexicon));
}

int answer_questions(const PageWork& work, const Lexicon& lexicon, MessageReader& heard) {
  for (;;) {
    const auto message = hear(heard);
    if (!message) return EX_PROTOCOL;
    if (!*message) return EX_OK;
    const auto question = read_question(**message);
    if (!question) return EX_PROTOCOL;
    allow_cpu(page_cpu);
    const std::string said = answer(work, lexicon, *question);
    allow_cpu(Seconds(0));
    if (!say(said)) return EX_OK;
  }
}

int failed(int status, const Error& error) {
  log_error(error.what);
  return status;
}

}  // namespace

int judge_pages(const PageWork& work) {
  // A service that is stopped may signal all its processes: we end when the socket is closed.
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) std::signal(number, SIG_IGN);
  be_the_first_to_go();
  MessageReader heard(longest_question);
  const auto message = hear(heard);
  if (!message) return failed(EX_USAGE, message.error());
  if (!*message) return EX_OK;
  const auto words = read_words(**message);
  if (!words) return failed(EX_PROTOCOL, words.error());
  const auto lexicon = words->empty() ? Lexicon::built_in() : Lexicon::with_file(*words, "the lexicon");
  if (!lexicon) return failed(EX_PROTOCOL, lexicon.error());
  if (const auto confined = become_confined(work, *lexicon); !confined)
    return failed(EX_CONFIG, confined.error());
  try {
    return say(ready_message()) ? answer_questions(work, *lexicon, heard) : EX_OK;
  } catch (const std::bad_alloc&) {
    return EX_OSERR;
  }
}

}  // namespace portavoz
