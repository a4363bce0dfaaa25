// For tests that cannot run everywhere. Threads: one test, one thread.
#pragma once

#include <cstdio>

#include "tests/lib/catch.h"

namespace portavoz::test {

// Before such a test returns: tests/run counts it as skipped, by this line.
inline void not_run(const char* why) {
  std::printf("not run: %s (%s)\n", Catch::getResultCapture().getCurrentTestName().c_str(), why);
}

}  // namespace portavoz::test
