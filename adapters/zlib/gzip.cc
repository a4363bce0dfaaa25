// gunzip of core/net/fetch.h and core/base/gzip.h with zlib. Memory to unpack: what was asked for, zlib's 40
// KiB and one buffer, whatever comes.
#include "core/base/gzip.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

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

struct Inflated {
  FetchOutcome outcome = FetchOutcome::bad_encoding;
  GzipMember member;
};

Inflated inflated(std::string_view octets, std::size_t max) {
  Inflated out;
  Inflater inflater;
  if (!inflater.good()) return out;
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<const Bytef*>(octets.data());
  stream.avail_in = static_cast<uInt>(octets.size());
  std::array<char, 16384> buffer{};
  std::string& into = out.member.octets;
  int code = Z_OK;
  while (code == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    code =
        inflate(&stream, Z_NO_FLUSH);  // a cut stream ends in Z_BUF_ERROR: no input is left, and no progress
    const std::size_t got = buffer.size() - stream.avail_out;
    if (into.size() + got > max) return {FetchOutcome::too_large, {}};
    if (code == Z_OK || code == Z_STREAM_END) into.append(buffer.data(), got);
  }
  if (code != Z_STREAM_END) return {};
  out.member.length = octets.size() - stream.avail_in;
  out.outcome = FetchOutcome::ok;
  return out;
}

}  // namespace

Unpacked gunzip(std::string_view octets, std::size_t max) {
  Inflated all = inflated(octets, max);
  if (all.outcome != FetchOutcome::ok) return {all.outcome, {}};
  if (all.member.length != octets.size()) return {FetchOutcome::bad_encoding, {}};
  return {FetchOutcome::ok, std::move(all.member.octets)};
}

std::optional<GzipMember> first_gzip_member(std::string_view octets, std::size_t max) {
  Inflated first = inflated(octets, max);
  if (first.outcome != FetchOutcome::ok) return std::nullopt;
  return std::move(first.member);
}

std::string gzip(std::string_view octets) {
  z_stream stream{};
  constexpr int window = 15 + 16;  // + 16: the gzip wrapper
  constexpr int memory = 8;
  // It fails for want of memory alone, as an allocation of ours would.
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, memory, Z_DEFAULT_STRATEGY) != Z_OK)
    std::abort();
  std::string out(deflateBound(&stream, static_cast<uLong>(octets.size())), '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(octets.data());
  stream.avail_in = static_cast<uInt>(octets.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;  // the bound is room enough
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (!whole) std::abort();
  return out;
}

}  // namespace portavoz
