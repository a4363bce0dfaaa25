// DNS answers off the wire: what is read is bounded and printable where it is a name, whatever the packet
// says.
#include "core/base/text.h"
#include "core/dns/wire.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  for (const auto type : {DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ptr, DnsType::txt}) {
    const auto answer = read_dns_answer(text_of(data, size), "x.example", type);
    if (answer.unavailable()) must(!answer.why().empty(), "what cannot be known says why");
    if (!answer.found()) continue;
    must(!answer.value().values.empty(), "a found answer holds a record");
    std::size_t octets = 0;
    for (const auto& value : answer.value().values) octets += value.size();
    must(octets <= max_answer_octets, "an answer is bounded");
  }
  return 0;
}
