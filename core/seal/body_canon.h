// The canonical body: the octets that a seal's body hash is taken over. The gate sees CRLF lines in chunks
// cut anywhere, the door LF lines in one piece, and both must come to the same octets:
//   - a line ends in LF; the CRs right before an LF, and at the very end of the body, are dropped (mail
//   servers drop
//     them too). A CR elsewhere is kept;
//   - empty lines at the end are dropped; a last line without line end gets one. An empty body is no octets
//   at all.
// It hashes nothing itself: it hands the canonical octets on, in order, in pieces of any size.
// Threads: one object, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace portavoz {

class BodyHash {
 public:
  using Sink = std::function<void(std::string_view)>;  // e.g. [&](auto octets) { sha256.update(octets); }

  explicit BodyHash(Sink sink) : sink_(std::move(sink)) {}

  void update(std::string_view chunk);
  void finish();  // once, after the last chunk

 private:
  void put(std::string_view octets);
  void put_repeated(char c, std::uint64_t& count);

  Sink sink_;
  std::string buffer_;           // canonical octets not handed on yet
  std::uint64_t line_ends_ = 0;  // seen, and not known yet whether anything follows
  std::uint64_t returns_ = 0;    // CRs seen after those, not known yet whether an LF follows
  bool any_ = false;
};

}  // namespace portavoz
