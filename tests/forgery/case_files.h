// The files of tests/forgery as values for a test that needs no mail server: the context's world, and for
// each case what a milter was told of it and what must come of it. README.md beside this file describes the
// files. Errors: a file that is not of its form throws std::runtime_error, which fails the test. Threads:
// plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/net/ip.h"
#include "core/policy/roll_contents.h"

namespace portavoz::forgery {

// One step of a milter session, as the mail server told it.
struct Event {
  std::string step;  // "connect", "mail", "rcpt", "data", "header", "body", "eom", "close" …
  std::map<std::string, std::string> macros;  // those that were there, by their names
  std::string argument;                       // of rcpt; the octets of body
  std::string name, value;                    // of header
};

struct ObservedCase {
  std::string id, title;
  std::string verdict, code_prefix;
  std::vector<std::string> also_ok;
  bool posted = false;
  bool without_roll = false;  // the fault db_down
  std::string zone;           // the DNS of the context and of the case, for read_zone
  std::vector<Event> events;
};

struct World {
  RollContents roll;
  Instant now;
  std::vector<IpAddress> relays;
  // Where mail for an address goes besides the address itself, or instead of it.
  std::map<std::string, std::string> routes;
};

[[nodiscard]] World read_world(const std::string& directory);
// The cases of DIRECTORY/visible with their events of DIRECTORY/observed/visible, in the order of their ids.
[[nodiscard]] std::vector<ObservedCase> read_cases(const std::string& directory);

}  // namespace portavoz::forgery
