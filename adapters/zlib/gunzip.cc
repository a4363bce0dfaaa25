// gunzip of core/net/fetch.h with zlib. Memory: what was asked for, zlib's 40 KiB and one buffer, whatever
// comes.
#include <algorithm>
#include <array>

#define ZLIB_CONST  // what is read is not written to
#include <zlib.h>

#include "core/net/fetch.h"

namespace portavoz {
namespace {

class Inflater {
 public:
  Inflater() : good_(inflateInit2(&stream_, 15 + 16) == Z_OK) {}  // + 16: the gzip wrapper and no other
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  Inflater(Inflater&&) = delete;
  Inflater& operator=(Inflater&&) = delete;
  ~Inflater() {
    if (good_) inflateEnd(&stream_);
  }
  [[nodiscard]] bool good() const { return good_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool good_;
};

}  // namespace

Unpacked gunzip(std::string_view octets, std::size_t max) {
  Unpacked out;
  Inflater inflater;
  if (!inflater.good()) return out;
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<const Bytef*>(octets.data());
  stream.avail_in = static_cast<uInt>(octets.size());
  std::array<char, 16384> buffer{};
  int code = Z_OK;
  while (code == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    code =
        inflate(&stream, Z_NO_FLUSH);  // a cut stream ends in Z_BUF_ERROR: no input is left, and no progress
    const std::size_t got = buffer.size() - stream.avail_out;
    if (out.octets.size() + got > max) return {FetchOutcome::too_large, {}};
    if (code == Z_OK || code == Z_STREAM_END) out.octets.append(buffer.data(), got);
  }
  if (code != Z_STREAM_END || stream.avail_in != 0) return {FetchOutcome::bad_encoding, {}};
  out.outcome = FetchOutcome::ok;
  return out;
}

}  // namespace portavoz
