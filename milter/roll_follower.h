// Follows the register: loads the whole roll in one snapshot, and again whenever the register notifies of a
// change, after every reconnection, and every half minute as a belt (a notification is lost while nobody
// listens).
//
// LISTEN comes before the first load, so that a change between the two is not missed. A register that is away
// leaves the roll as it is; its age then grows until roll.max_age. Threads: runs in its own; stop by the
// destructor.
#pragma once

#include <string>
#include <thread>

#include "milter/roll_holder.h"

namespace portavoz {

class RollFollower {
 public:
  RollFollower(std::string dsn, RollHolder& holder);

 private:
  void run(const std::stop_token& stop);

  std::string dsn_;
  RollHolder& holder_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace portavoz
