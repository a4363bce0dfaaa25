// The process at the other end of adapters/os/judge_process.h, which reads strangers' pages: it loads what it
// needs, confines itself (adapters/seccomp/confine.h), says that it is ready, and then answers questions
// until the socket is closed. A page gets some seconds of computing and the process some memory; past that it
// dies, and whoever asked makes something of that. A page that takes it over can lie about the pages that
// this process reads after it, and do nothing else; therefore it reads some hundred pages and no more.
//
// Errors: its exit status, and a line in the log before it is confined. Threads: one.
#pragma once

#include <functional>

#include "core/evidence/inspect.h"
#include "core/evidence/lexicon.h"
#include "core/evidence/page_lines.h"

namespace portavoz {

// What is done with a page: the address is judged, or its lines are read.
struct PageWork {
  std::function<Inspection(const FetchResult& page, const MailAddress&, const Lexicon&)> judge;
  std::function<PageLines(const FetchResult& page)> lines;
};

// The exit status: 0 when the socket was closed, 64 without one, 71 when memory ran out, 76 when a question
// cannot be read, 78 for a kernel that does not let us confine ourselves.
[[nodiscard]] int judge_pages(const PageWork& work);

}  // namespace portavoz
