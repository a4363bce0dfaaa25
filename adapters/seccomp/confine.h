// Takes from this process what it does not need to think: afterwards it computes, within bounds, and speaks
// through one descriptor that it has. It cannot open a file or a socket, start a program or a process, make
// memory executable, signal anybody else, or be looked into by others of its user; whoever tries is killed
// (SIGSYS). What needs a file later (a converter of iconv, a list) is to be loaded before. It is for good.
//
// Units: octets, seconds. Errors: unavailable, when the kernel refuses; then the process is half confined,
// and should end. Threads: call it while there is one; the filter holds for it and for none beside it.
#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

struct Confinement {
  int keep = -1;             // the descriptor that stays open: a socket or a pipe, since no file may grow
  std::uint64_t memory = 0;  // of address space, what it has now included
  Seconds cpu{0};            // of computing in all its life; past it SIGXCPU kills
};

[[nodiscard]] Result<void> confine(const Confinement& bounds);

}  // namespace portavoz
