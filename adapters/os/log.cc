#include "adapters/os/log.h"

#include <algorithm>
#include <cerrno>

#include <syslog.h>
#include <unistd.h>

#include "core/base/text.h"

namespace portavoz {
namespace {

struct Log {
  std::string program = "portavoz";
  Syslog also_syslog = Syslog::no;
};

Log& the_log() {
  static Log log;
  return log;
}

void write_line(std::string_view level, int priority, std::string_view text) {
  const Log& log = the_log();
  const std::string clean = log_text(text);
  std::string line;
  line.reserve(log.program.size() + level.size() + clean.size() + 5);
  line.append(log.program).append(": ").append(level).append(": ").append(clean).append(1, '\n');
  // One write a line: lines of several threads and processes on the same stderr do not mix.
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (log.also_syslog == Syslog::yes)
    ::syslog(priority, "%.*s: %s", static_cast<int>(level.size()), level.data(), clean.c_str());
}

bool is_control(char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }

}  // namespace

std::string log_text(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c == 0x7f; }))
    return std::string(text);  // plain ASCII, as nearly all of it
  if (!is_utf8(text)) return printable_ascii(text);
  std::string clean(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    if (is_control(clean[i])) clean[i] = '?';
    // U+0080 to U+009F, the C1 controls: a terminal may obey them.
    if (clean[i] == '\xc2' && i + 1 < clean.size() && static_cast<unsigned char>(clean[i + 1]) < 0xa0)
      clean.replace(i, 2, "?");
  }
  return clean;
}

void log_open(std::string_view program, Syslog also_syslog) {
  Log& log = the_log();
  log.program = std::string(program);
  log.also_syslog = also_syslog;
  if (also_syslog == Syslog::yes) ::openlog(log.program.c_str(), LOG_PID, LOG_MAIL);
}

void log_info(std::string_view text) { write_line("info", LOG_INFO, text); }
void log_warning(std::string_view text) { write_line("warning", LOG_WARNING, text); }
void log_error(std::string_view text) { write_line("error", LOG_ERR, text); }
void log_fatal(std::string_view text) { write_line("fatal", LOG_CRIT, text); }

}  // namespace portavoz
