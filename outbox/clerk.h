// Clerk: has the register make the moves by time, again and again: it weighs the reports that came, and
// warns, lets lapse, takes back and suspends as sql/0014-moves-by-time.sql says, and holds the posts of a
// contact whose domain is gone (sql/0017-vanished-domains.sql). It decides nothing and keeps nothing but what
// it said of contacts that fail; a second clerk on another host does no harm. Errors: those of
// pg::Connection; what fails for one contact alone is counted and logged, once until it fails in another way.
// Threads: one; `stop` may be asked for from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "adapters/pg/connection.h"
#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

class Clerk {
 public:
  explicit Clerk(std::string dsn) : dsn_(std::move(dsn)) {}

  struct Done {
    std::size_t moved = 0;
    std::size_t failed = 0;  // contacts for which nothing could be done
  };
  // All moves that the time `at` asks for, each a line of the log.
  [[nodiscard]] Result<Done> move_by_time(Instant at);

  // Every minute until stop is asked for. A register that is away is waited for.
  void run(const std::stop_token& stop);

 private:
  [[nodiscard]] Result<void> connect();
  struct Batch {
    bool last = false;
    std::int64_t reached = 0;  // the contact to go on behind
  };
  using Problems = std::map<std::int64_t, std::string>;  // by contact
  [[nodiscard]] Result<Batch> move_some(Instant at, std::int64_t after, Done& done, Problems& problems);

  std::string dsn_;
  std::optional<pg::Connection> connection_;
  Problems problems_;  // of the last time
};

}  // namespace portavoz
