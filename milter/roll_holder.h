// The roll that is in force now. The follower publishes a new one, sessions take what stands: nobody waits.
// Threads: any.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "core/policy/roll.h"

namespace portavoz {

class RollHolder {
 public:
  [[nodiscard]] std::shared_ptr<const Roll> current() const { return roll_.load(); }
  void publish(std::shared_ptr<const Roll> roll) { roll_.store(std::move(roll)); }

 private:
  std::atomic<std::shared_ptr<const Roll>> roll_{std::make_shared<const NoRoll>()};
};

}  // namespace portavoz
