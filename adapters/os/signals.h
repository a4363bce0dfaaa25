// SIGTERM, SIGINT and SIGHUP as values that the program's first thread waits for. SIGPIPE is ignored.
//
// The handlers only write to a pipe. The signals stay unblocked in the first thread on purpose: the kernel
// hands a signal for the process to that thread when it can, before any library's own signal thread sees it.
// Threads: install() and wait() in the first thread, once each at a time.
#pragma once

#include <cstdint>

namespace portavoz {

enum class Signal : std::uint8_t { stop, reload };

void install_signals();

// Blocks until one of them came.
[[nodiscard]] Signal wait_for_signal();

// Makes wait_for_signal() return Signal::stop: for a thread that cannot go on.
void request_stop();

}  // namespace portavoz
