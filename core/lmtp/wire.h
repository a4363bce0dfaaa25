// The octets of LMTP (RFC 2033) as both sides write and read them: replies, and a message between DATA and
// its final dot. Messages have LF line ends on our side and CRLF on the wire. Threads: pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace portavoz {

struct LmtpReply {
  int code = 0;  // three digits, RFC 5321 §4.2
  std::string
      text;  // with its enhanced code (RFC 2034 §4), as "2.0.0 taken"; lines of a long one joined by blanks

  [[nodiscard]] bool good() const { return code >= 200 && code < 400; }
  [[nodiscard]] bool permanent() const { return code >= 500; }
};

// "250 2.0.0 taken" and a line end. Octets that are not printable ASCII become '?', and what is too long is
// cut (RFC 5321 §4.5.3.1.5: 512 octets).
[[nodiscard]] std::string format_reply(const LmtpReply& reply);

// The first whole reply in the buffer, which it then leaves; nothing while its last line is not there.
// bad_input when it is no reply, or longer than a peer has any reason for.
[[nodiscard]] Result<std::optional<LmtpReply>> take_reply(std::string& buffer);

// RFC 5321 §4.5.2: a dot more before lines that begin with one, and the line with the dot alone that ends it.
[[nodiscard]] std::string data_on_the_wire(std::string_view message);

// The other way round, piece by piece.
class LmtpData {
 public:
  explicit LmtpData(std::size_t max_octets) : max_octets_(max_octets) {}

  // Takes what belongs to the message off the front of `octets`; true once the final dot was there.
  [[nodiscard]] bool take(std::string_view& octets);

  [[nodiscard]] bool too_large() const { return too_large_; }  // what came was read and dropped
  [[nodiscard]] std::string message() && { return std::move(message_); }

 private:
  void add_line(std::string_view line);
  void keep(std::string_view text);

  std::size_t max_octets_;
  std::string line_;  // what came of a line whose end is not there yet
  std::string message_;
  bool line_begun_ = false;  // octets of the present line were dropped: what follows does not begin it
  bool too_large_ = false;
};

}  // namespace portavoz
