// The process at the other end of judge_process.h, which reads strangers' pages: it loads what it needs,
// confines itself (adapters/seccomp/confine.h), says that it is ready, and then answers questions until the
// socket is closed. A page gets some seconds of computing and the process some memory; past that it dies, and
// whoever asked makes something of that. A page that takes it over can lie about the pages that this process
// judges after it, and do nothing else; therefore a process judges some hundred pages and no more.
//
// Errors: its exit status, and a line in the log before it is confined. Threads: one.
#pragma once

#include <functional>

#include "core/evidence/inspect.h"
#include "core/evidence/lexicon.h"

namespace portavoz {

inline constexpr int pages_of_a_life = 200;

using Judge = std::function<Inspection(const FetchResult& page, const MailAddress&, const Lexicon&)>;

// The exit status: 0 when the socket was closed, 64 without one, 71 when memory ran out, 76 when a question
// cannot be read, 78 for a kernel that does not let us confine ourselves.
[[nodiscard]] int judge_pages(const Judge& judge);

}  // namespace portavoz
