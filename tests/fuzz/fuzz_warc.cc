// Evidence: whatever a server answers, and whatever is in a URL, makes the records that it should make and no
// other; and reading what is no evidence file of ours does no harm.
#include <algorithm>

#include "core/base/gzip.h"
#include "core/evidence/evidence_file.h"
#include "core/evidence/warc.h"
#include "core/net/http_response.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

namespace {

void written_and_read(std::string_view text) {
  FetchResult fetched;
  fetched.outcome = FetchOutcome::ok;
  fetched.whole = true;
  fetched.final_url = text;
  fetched.response_octets = text;
  const std::string file =
      evidence_file({fetched, "check", Instant(Seconds(0)), "verifier", fetched.final_url, "{}"}, nullptr)
          .octets;
  std::string_view left = file;
  std::size_t records = 0;
  for (; !left.empty(); ++records) {
    const auto member = first_gzip_member(left, 1 << 20);
    must(member.has_value(), "a record is a gzip member");
    const auto record = read_warc_record(member->octets);
    must(record.has_value(), "what was written is read");
    if (record->field("WARC-Type") == "response")
      must(text.ends_with(record->block), "the response is as it came");
    left.remove_prefix(member->length);
  }
  must(records == (text.empty() ? 2 : 3), "a stranger makes no record");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  written_and_read(text);
  static_cast<void>(read_kept_response(text));
  static_cast<void>(read_kept_response(gzip(text)));
  if (const auto response = read_http_response(text)) {
    must(text.ends_with(response->octets) && response->octets.starts_with(response->head),
         "it is a part of the octets");
    must(!response->payload || response->payload->size() <= text.size(),
         "no payload is longer than what came");
    must(content_of(*response, 1000).octets.size() <= 1000, "content stays inside its bound");
  }
  return 0;
}
