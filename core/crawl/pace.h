// Pace: how a verifier behaves towards one host: one request at a time, a pause between two, a longer one the
// more often it failed in a row, and none at all before the time that the host asked for. Pure: time is an
// argument. Units: milliseconds of a monotonic clock. Errors: none. Threads: a plain value.
#pragma once

#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/net/fetch.h"

namespace portavoz {

class Pace {
 public:
  // pause: between the end of one request and the start of the next.
  explicit Pace(Millis pause) : pause_(pause) {}

  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] Millis pause() const { return pause_; }
  [[nodiscard]] Millis free_at() const { return free_at_; }  // when it is not busy

  void crawl_delay(Millis delay);  // of its robots.txt; the longer of the two pauses counts
  void wait_until(Millis time);    // what the host asked of another worker
  void began() { busy_ = true; }
  void ended(const FetchResult& fetched, Millis now);

 private:
  Millis pause_;
  Millis free_at_{0};
  int failures_ = 0;  // in a row
  bool busy_ = false;
};

// True for what says that the host, or the way to it, has trouble: a page that is missing does not.
[[nodiscard]] bool troubled(const FetchResult& fetched);

}  // namespace portavoz
