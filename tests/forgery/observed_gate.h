// The gate's own session and the door's own decision without a mail server: what a milter was told goes in,
// what became of the last message comes out. Threads: none.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "tests/forgery/case_files.h"

namespace portavoz::forgery {

struct Seen {
  std::set<std::string> words;  // as tests/forgery/README.md has them
  std::string code;             // enhanced
  bool posted = false;
};

class ObservedGate {
 public:
  explicit ObservedGate(const World& world);
  ~ObservedGate();
  ObservedGate(const ObservedGate&) = delete;
  ObservedGate& operator=(const ObservedGate&) = delete;
  ObservedGate(ObservedGate&&) = delete;
  ObservedGate& operator=(ObservedGate&&) = delete;

  // Each case meets the world as it was at first. Within a case the marks that a post leaves are known to the
  // next message, as if the door had recorded them.
  [[nodiscard]] Seen play(const ObservedCase& one);

 private:
  struct Parts;
  class Play;
  std::unique_ptr<Parts> parts_;
};

}  // namespace portavoz::forgery
