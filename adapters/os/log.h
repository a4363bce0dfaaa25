// The log: one line a call, `PROGRAM: LEVEL: TEXT`, on stderr and, where a program asks for it, in the
// syslog's mail facility as well. The level says who must act: info nobody, warning perhaps the operator,
// error the operator (service is degraded), fatal the operator (the program did not start). Control
// characters become '?', so that nothing a stranger wrote can begin a line of its own. Never pass a secret.
// Errors: a line that cannot be written is dropped. Threads: log_open first, then safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace portavoz {

enum class Syslog : std::uint8_t { no, yes };

// Names the program in each line. To be called once, before any thread is started.
void log_open(std::string_view program, Syslog also_syslog = Syslog::no);

void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);
void log_fatal(std::string_view text);

// The text as it stands in a log line. UTF-8 stays; C0 and C1 controls, DEL and octets that are not UTF-8
// become '?'.
[[nodiscard]] std::string log_text(std::string_view text);

}  // namespace portavoz
