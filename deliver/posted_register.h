// Tells the register which marks of signed posts went to a list, so that every gate and door knows them
// again. What it cannot tell now waits in a spool beside the door's memory and goes with a later post.
// Nothing waits for it longer than a few seconds, also not for a synchronous standby, and nothing fails by
// it: a trouble is a line in the log.
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

  // Notes it on disk.
  void posted(const std::string& list, const std::vector<std::string>& marks) const;
  // Carries over what was noted. To be called when the post's own outcome stands in the log: a mail server
  // keeps only the first words of what the door says.
  void tell() const;

 private:
  std::string spool_;
  std::string dsn_;
};

}  // namespace portavoz
