// What a DKIM-Signature field and a key record say of themselves.
#include "core/base/text.h"
#include "core/dkim/reading.h"
#include "core/dkim/tags.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  if (const auto tags = read_tags(text)) {
    std::string written;
    for (const DkimTag& tag : *tags) {
      written.append(tag.name).append("=").append(tag.value).append(";");
      must(find_tag(*tags, tag.name) == tag.value, "a tag is found by its name");
    }
    const auto again = read_tags(written);
    must(again && again->size() == tags->size(), "a tag list is itself");
  }
  if (const auto signature = read_signature(text)) {
    must(signature->result == DkimResult::fail, "nothing is verified by reading");
    must(ascii_lower(signature->domain) == signature->domain, "a domain is in lower case");
    if (const auto name = key_name(*signature)) must(name->size() <= 255, "a key's name is a name");
  }
  (void)is_key_for(text, "rsa-sha256");
  (void)is_key_for(text, "ed25519-sha256");
  must(ed25519_bits(text) % 8 == 0, "a key is whole octets");
  DnsRecords records;
  records.values = split(text, '\n');
  (void)choose_key(records);
  return 0;
}
