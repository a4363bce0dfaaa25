#include "adapters/terminal/terminal.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace portavoz {
namespace {

bool set_and_not_empty(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool dumb_terminal() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string_view(term) == "dumb";
}

// POSIX, Environment Variables: the first of the three that is set decides; "es_ES.UTF-8" is "es".
std::string language_of_environment() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (!set_and_not_empty(name)) continue;
    const std::string_view value = std::getenv(name);
    const auto language = value.substr(0, value.find_first_of("_.@"));
    return language == "C" || language == "POSIX" ? "en" : std::string(language);
  }
  return "en";
}

}  // namespace

Screen standard_output_screen() {
  Screen screen;
  screen.language = language_of_environment();
  if (isatty(STDOUT_FILENO) == 0) return screen;
  screen.colours = !set_and_not_empty("NO_COLOR") && !dumb_terminal();
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) screen.width = size.ws_col;
  return screen;
}

}  // namespace portavoz
