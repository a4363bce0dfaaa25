// A program that reads pages as `portavoz-verifier --judge` does, and that some pages bring down: by a word
// in their URL. No page does that to the real one, as far as is known.
#include <csignal>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

#include "adapters/os/child.h"
#include "adapters/os/log.h"
#include "core/evidence/judge_wire.h"
#include "verifier/judge_child.h"

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

Inspection judge_badly(const FetchResult& page, const MailAddress& address, const Lexicon& lexicon) {
  const auto asked = [&](const char* word) { return page.final_url.find(word) != std::string::npos; };
  if (asked("crash")) std::raise(SIGSEGV);
  if (asked("abort")) std::abort();
  if (asked("memory")) take_memory();
  if (asked("compute")) compute_for_ever();
  if (asked("open")) ::open("/etc/passwd", O_RDONLY);
  if (asked("leave")) std::_Exit(0);
  if (asked("silent")) be_silent();
  if (asked("nonsense")) say(std::string("\0\0\0\4what", 8));
  if (asked("flood")) say("\xff\xff\xff\xff");
  Inspection seen = inspect_fetched(page, address, lexicon);
  if (asked("twice")) say(answer_message(seen));
  if (asked("elsewhere")) seen.links = {"https://elsewhere.example/"};
  return seen;
}

}  // namespace

int main() {
  log_open("bad_judge");
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would do what is not allowed
  std::_Exit(judge_pages(judge_badly));
}
