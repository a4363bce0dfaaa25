// Follows the register: writes the whole roll, read in one snapshot, into the roll's file, and again whenever
// the register notifies of a change, after every reconnection, and every half minute as a belt (a
// notification is lost while nobody listens). Then it tells the register which seal keys the roll of this
// host knows.
//
// LISTEN comes before the first load, so that a change between the two is not missed. A register that is
// away, or a roll that cannot be written, leaves the roll as it is; its age then grows until roll.max_age.
// Each trouble is logged once, not at every try. Threads: runs in its own; stop by the destructor.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "adapters/lmdb/roll_file.h"
#include "adapters/pg/connection.h"
#include "core/base/result.h"

namespace portavoz {

class RollFollower {
 public:
  // `host`: what the register calls this host.
  RollFollower(std::string dsn, std::string host, std::unique_ptr<RollFile> roll);

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] Result<void> follow(pg::Connection& connection, const std::stop_token& stop);
  [[nodiscard]] Result<void> load(pg::Connection& connection, bool& news);
  void note(pg::Connection& connection, const RollContents& contents);

  std::string dsn_;
  std::string host_;
  std::unique_ptr<RollFile> roll_;
  std::string write_trouble_;  // what was logged last; empty when all is well
  std::string note_trouble_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace portavoz
