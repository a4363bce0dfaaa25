// The door: one message on its way to the list manager, let in, kept aside, or told to wait.
//
//   a command (list+subscribe@)          handed over without any Portavoz- field, as a command and nothing
//   else a post with a good, unused seal      handed over once, without its seal a post whose seal is posted
//   already  ended: the list has it anything else                        kept on the shelf with the reason,
//   for an admin cannot know, cannot keep             waits in the mail server's queue
//
// Nothing is lost and nothing bounces: an unproven sender is never mailed, and what the list manager refuses
// for good is kept on the shelf too. Threads: one message, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/config/settings.h"
#include "deliver/arguments.h"

namespace portavoz {

enum class Outcome : std::uint8_t {
  handed_over,  // the list manager has it
  repeated,     // the list manager had it before
  held,         // it is on the shelf
};

struct Delivered {
  Outcome outcome;
  std::string what;  // for the log
};

// An error means: not now. The mail server keeps the message and tries again.
[[nodiscard]] Result<Delivered> deliver(const Delivery& delivery, const Settings::Door& settings,
                                        std::string_view octets, Instant now);

}  // namespace portavoz
