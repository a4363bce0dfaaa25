// What the process that judges pages may say after a page took it over: an answer that is taken is itself
// when it is written again, leads nowhere else, and can be told to people.
#include "core/evidence/judge_wire.h"
#include "core/net/site.h"
#include "core/net/url.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

namespace {

void check(const Inspection& seen, const std::string& url) {
  const std::string written = answer_message(seen).substr(4);
  const auto again = read_answer(written, url);
  must(again && answer_message(*again).substr(4) == written, "an answer is itself");
  must(seen.outcome == FetchOutcome::ok || !seen.finding.published, "no conclusion without a page");
  for (const std::string& link : seen.links)
    must(site_of(Url::parse(link)->host()).domain == "north.example", "no link leaves the site");
  for (const Reason& reason : seen.finding.reasons)
    for (const auto language : {ReasonLanguage::english, ReasonLanguage::spanish})
      must(!reason_text(reason, language).empty(), "every reason has a sentence");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const std::string url = "https://north.example/start";
  const auto octets = text_of(data, size);
  if (const auto seen = read_answer(octets, url)) check(*seen, url);
  if (const auto seen = read_lines(octets)) {
    must(lines_message(*seen).substr(4) == octets, "lines are themselves");
    must(seen->lines.size() <= most_lines, "bounded lines");
    must(seen->outcome == FetchOutcome::ok || seen->lines.empty(), "no lines without a page");
  }
  MessageReader reader(1024);
  reader.add(octets);
  for (auto next = reader.next(); next && *next; next = reader.next())
    must((*next)->size() <= 1024, "bounded");
  return 0;
}
