// gzip of strangers: the first octet is the bound in hundreds of octets, then comes what a server sent.
// Nothing comes out past the bound, the two readers agree, and what was packed comes out again.
#include <algorithm>

#include "core/base/gzip.h"
#include "core/net/fetch.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::size_t most = size == 0 ? 0 : std::size_t{data[0]} * 100;
  const auto octets = text_of(data, size).substr(std::min<std::size_t>(1, size));
  const Unpacked all = gunzip(octets, most);
  must(all.octets.size() <= most, "bounded");
  must(all.outcome == FetchOutcome::ok || all.octets.empty(), "all or nothing");
  const auto first = first_gzip_member(octets, most);
  if (first)
    must(first->octets.size() <= most && first->length <= octets.size(), "a member inside of what came");
  const bool alone = first && first->length == octets.size();
  must((all.outcome == FetchOutcome::ok) == alone, "the two readers agree");
  if (alone) must(first->octets == all.octets, "on the same octets");
  must(gunzip(gzip(octets), octets.size()).octets == octets, "what was packed comes out again");
  return 0;
}
