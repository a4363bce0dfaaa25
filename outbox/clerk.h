// Clerk: has the register make the moves by time, again and again: it weighs the reports that came, and
// warns, lets lapse, takes back and suspends as sql/0014-moves-by-time.sql says. It decides nothing and keeps
// nothing; a second clerk on another host does no harm. Errors: those of pg::Connection. Threads: one; `stop`
// may be asked for from any.
#pragma once

#include <cstddef>
#include <cstdint>
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

  // All moves that the time `at` asks for, each a line of the log; how many there were.
  [[nodiscard]] Result<std::size_t> move_by_time(Instant at);

  // Every minute until stop is asked for. A register that is away is waited for.
  void run(const std::stop_token& stop);

 private:
  [[nodiscard]] Result<void> connect();
  struct Batch {
    std::size_t moved = 0;
    bool last = false;
    std::int64_t reached = 0;  // the contact to go on behind
  };
  [[nodiscard]] Result<Batch> move_some(Instant at, std::int64_t after);

  std::string dsn_;
  std::optional<pg::Connection> connection_;
};

}  // namespace portavoz
