// Tells the register which marks of signed posts went to a list, so that every gate and door knows them
// again. What it cannot tell now waits in a spool beside the door's memory and goes with a later post.
// Nothing waits for it longer than a few seconds, and nothing fails by it: a trouble is a line in the log.
// Threads: any.
#pragma once

#include <string>
#include <vector>

#include "core/config/settings.h"

namespace portavoz {

class PostedRegister {
 public:
  explicit PostedRegister(const Settings& settings)
      : spool_(settings.door.memory + "/unsent"), dsn_(settings.database.dsn) {}

  void posted(const std::string& list, const std::vector<std::string>& marks) const;

 private:
  std::string spool_;
  std::string dsn_;
};

}  // namespace portavoz
