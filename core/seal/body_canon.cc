#include "core/seal/body_canon.h"

#include <algorithm>

namespace portavoz {
namespace {

constexpr std::size_t buffer_size = 8192;
constexpr std::size_t longest_look = 1024;  // for the end of a line

}  // namespace

void BodyHash::put(std::string_view octets) {
  if (buffer_.capacity() < buffer_size) buffer_.reserve(buffer_size);
  if (buffer_.size() + octets.size() > buffer_size && !buffer_.empty()) {
    sink_(buffer_);
    buffer_.clear();
  }
  if (octets.size() >= buffer_size)
    sink_(octets);
  else
    buffer_ += octets;
}

void BodyHash::put_repeated(char c, std::uint64_t& count) {
  if (count == 1 && buffer_.size() < buffer_size) {  // as between nearly all lines
    buffer_ += c;
    count = 0;
  }
  while (count > 0) {
    const auto piece = std::min<std::uint64_t>(count, buffer_size / 2);
    put(std::string(static_cast<std::size_t>(piece), c));
    count -= piece;
  }
}

void BodyHash::update(std::string_view chunk) {
  while (!chunk.empty()) {
    if (chunk.front() == '\n') {
      returns_ = 0;
      ++line_ends_;
      chunk.remove_prefix(1);
    } else if (chunk.front() == '\r') {
      ++returns_;
      chunk.remove_prefix(1);
    } else {
      put_repeated('\n', line_ends_);
      put_repeated('\r', returns_);
      // Not find_first_of: it calls memchr once an octet. Not the whole chunk: it may be full of CR without
      // LF.
      const auto line = chunk.substr(0, std::min(chunk.substr(0, longest_look).find('\n'), longest_look));
      const auto text = line.substr(0, line.find('\r'));
      put(text);
      any_ = true;
      chunk.remove_prefix(text.size());
    }
  }
}

void BodyHash::finish() {
  if (any_) put("\n");
  if (!buffer_.empty()) sink_(buffer_);
  buffer_.clear();
}

}  // namespace portavoz
