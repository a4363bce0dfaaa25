// A program that reads pages as `portavoz-judge` does, and that some pages bring down: by a word
// in their URL. No page does that to the real one, as far as is known.
#include <csignal>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

#include "adapters/os/child.h"
#include "adapters/os/log.h"
#include "core/evidence/judge_wire.h"
#include "judge/judge_pages.h"

using namespace portavoz;

namespace {

void say(const std::string& octets) { ::send(child_socket, octets.data(), octets.size(), MSG_NOSIGNAL); }

[[noreturn]] void take_memory() {
  std::vector<std::vector<char>> taken;
  for (;;) taken.emplace_back(std::size_t{1} << 20U, 'x');
}

void compute_for_ever() {
  const volatile bool forever = true;
  while (forever) {
  }
}

[[noreturn]] void be_silent() {
  char ignored = 0;
  for (;;) ::recv(child_socket, &ignored, 1, 0);
}

bool asked(const FetchResult& page, const char* word) {
  return page.final_url.find(word) != std::string::npos;
}

void misbehave(const FetchResult& page) {
  if (asked(page, "crash")) std::raise(SIGSEGV);
  if (asked(page, "abort")) std::abort();
  if (asked(page, "memory")) take_memory();
  if (asked(page, "compute")) compute_for_ever();
  if (asked(page, "open")) ::open("/etc/passwd", O_RDONLY);
  if (asked(page, "leave")) std::_Exit(0);
  if (asked(page, "silent")) be_silent();
  if (asked(page, "nonsense")) say(std::string("\0\0\0\4what", 8));
  if (asked(page, "flood")) say("\xff\xff\xff\xff");
}

Inspection judge_badly(const FetchResult& page, const MailAddress& address, const Lexicon& lexicon) {
  misbehave(page);
  Inspection seen = inspect_fetched(page, address, lexicon);
  if (asked(page, "twice")) say(answer_message(seen));
  if (asked(page, "elsewhere")) seen.links = {"https://elsewhere.example/"};
  return seen;
}

PageLines read_badly(const FetchResult& page) {
  misbehave(page);
  PageLines seen = lines_of_fetched(page);
  if (asked(page, "elsewhere")) seen.lines.emplace_back("\xff");
  return seen;
}

}  // namespace

int main() {
  log_open("bad_judge");
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would do what is not allowed
  std::_Exit(judge_pages({.judge = judge_badly, .lines = read_badly}));
}
