#include "core/lmtp/wire.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::size_t longest_reply_line = 512;  // RFC 5321 §4.5.3.1.5, with the line end
constexpr std::size_t longest_reply = 16384;

Error no_reply(const std::string& why) {
  return {ErrorKind::bad_input, "what came is no LMTP reply: " + why};
}

bool begins_with_code(std::string_view line) {
  return line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_ascii_digit(line[1]) &&
         is_ascii_digit(line[2]) && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
}

}  // namespace

std::string format_reply(const LmtpReply& reply) {
  std::string line = std::to_string(reply.code) + " " + printable_ascii(reply.text);
  line.resize(std::min(line.size(), longest_reply_line - 2));
  return line + "\r\n";
}

Result<std::optional<LmtpReply>> take_reply(std::string& buffer) {
  LmtpReply reply;
  std::size_t at = 0;
  for (;;) {
    const auto end = buffer.find('\n', at);
    if (end == std::string::npos) {
      if (buffer.size() > longest_reply) return no_reply("it does not end");
      return std::optional<LmtpReply>();
    }
    const std::string_view line = trim(std::string_view(buffer).substr(at, end - at));
    if (!begins_with_code(line)) return no_reply("\"" + printable_ascii(line.substr(0, 80)) + "\"");
    reply.code = static_cast<int>(*parse_decimal(line.substr(0, 3)));
    if (line.size() > 4) reply.text.append(reply.text.empty() ? "" : " ").append(line.substr(4));
    at = end + 1;
    if (line.size() == 3 || line[3] == ' ') break;
  }
  buffer.erase(0, at);
  return std::optional<LmtpReply>(std::move(reply));
}

std::string data_on_the_wire(std::string_view message) {
  std::string octets;
  octets.reserve(message.size() + message.size() / 32 + 64);
  while (!message.empty()) {
    const auto end = std::min(message.find('\n'), message.size());
    const std::string_view line = message.substr(0, end);
    if (line.starts_with('.')) octets += '.';
    octets.append(line).append(line.ends_with('\r') ? "\n" : "\r\n");
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return octets + ".\r\n";
}

// Only CRLF ends a line here: a bare LF is part of what a stranger wrote, and must not end the message.
bool LmtpData::take(std::string_view& octets) {
  while (!octets.empty()) {
    // The CR may have come with the piece before.
    const bool split_end = octets.front() == '\n' && line_.ends_with('\r');
    const auto end = split_end ? std::size_t{0} : octets.find("\r\n");
    if (end == std::string_view::npos) {
      keep(octets);
      octets = {};
      return false;
    }
    if (split_end)
      line_.pop_back();
    else
      line_.append(octets.substr(0, end));
    octets.remove_prefix(end + (split_end ? 1 : 2));
    const std::string line = std::exchange(line_, {});
    if (line == "." && !line_begun_) return true;
    add_line(line);
    line_begun_ = false;
  }
  return false;
}

void LmtpData::add_line(std::string_view line) {
  if (line.starts_with('.') && !line_begun_) line.remove_prefix(1);
  too_large_ = too_large_ || message_.size() + line.size() + 1 > max_octets_;
  if (too_large_)
    message_ = std::string();
  else
    message_.append(line).append("\n");
}

// Of a line that is too long to be kept only the last octet matters: it may be the CR of its end. A line of
// two octets is always kept: it may be the final dot and its CR.
void LmtpData::keep(std::string_view text) {
  constexpr std::size_t dot_and_cr = 2;
  line_.append(text);
  if (line_.size() <= dot_and_cr) return;
  if (!too_large_ && message_.size() + line_.size() <= max_octets_ + dot_and_cr) return;
  too_large_ = true;
  message_ = std::string();
  line_.erase(0, line_.size() - 1);
  line_begun_ = true;
}

}  // namespace portavoz
