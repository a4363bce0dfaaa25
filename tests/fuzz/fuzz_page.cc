// A page from its octets to its finding: what is said of an address is founded on evidence, and can be
// written down.
#include "core/base/text.h"
#include "core/evidence/inspect.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const MailAddress address = *MailAddress::parse("north.team@plaza.example.org");
  const Inspection seen =
      inspect_page(text_of(data, size), "text/html; charset=utf-8", "https://plaza.example.org/", address);
  const Finding& finding = seen.finding;
  must(!finding.reasons.empty(), "a finding has a reason");
  must(finding.published != true || !finding.evidence.empty(), "what is published is shown");
  must(finding.official != true || finding.published == true, "what is official is published");
  must(seen.outcome == FetchOutcome::ok || (!finding.published && !finding.official),
       "what was not read says nothing");
  must(is_utf8(finding.excerpt), "an excerpt is UTF-8");
  for (const Evidence& each : finding.evidence)
    must(is_utf8(each.text) && is_utf8(each.where), "evidence is UTF-8");
  for (const Reason& reason : finding.reasons)
    for (const auto language : {ReasonLanguage::english, ReasonLanguage::spanish})
      must(is_utf8(reason_text(reason, language)), "a reason is UTF-8");
  return 0;
}
