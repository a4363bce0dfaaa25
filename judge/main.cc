// portavoz-judge: reads strangers' pages for portavoz-verifier and portavoz, where they can hurt nobody.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sysexits.h>

#include "adapters/os/log.h"
#include "judge/judge_pages.h"

namespace {

constexpr const char* usage =
    "usage: portavoz-judge\n"
    "Not for people: portavoz-verifier and portavoz start it and have it read strangers' pages,\n"
    "because it can open, connect to and start nothing. They speak with it by its descriptor 3.\n\n"
    "Exit status: 0, or 64 usage, 71 memory ran out, 76 what it was asked cannot be read,\n"
    "78 the kernel does not let it confine itself.\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace portavoz;
  log_open("portavoz-judge");
  if (argc == 1) std::_Exit(judge_pages({.judge = inspect_fetched, .lines = lines_of_fetched}));
  const bool help = std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h";
  std::fputs(usage, help ? stdout : stderr);
  return help ? EX_OK : EX_USAGE;
}
