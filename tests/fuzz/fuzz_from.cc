// Addresses and the fields that hold them: whatever comes in, one address has one text, and From and To
// agree.
#include <algorithm>

#include "core/base/text.h"
#include "core/mail/address_list.h"
#include "core/mail/from.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

namespace {

void check_address(const MailAddress& address) {
  const std::string text = address.text();
  const auto again = MailAddress::parse(text);
  must(again && *again == address && again->text() == text, "an address has one canonical text");
  must(is_utf8(text), "an address is UTF-8");
  must(std::none_of(text.begin(), text.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
       "an address holds no control character");
  must(is_ascii(address.domain()) && ascii_lower(address.domain()) == address.domain(),
       "a domain is A-labels in lower case");
  must(!address.local_part().empty() && address.local_part().size() <= 64 && address.domain().size() <= 255,
       "an address keeps the limits of RFC 5321");
}

void check_from(std::string_view value) {
  const auto from = parse_from(value);
  if (!from) return must(!from.error().what.empty(), "a refusal says why");
  check_address(*from);
  for (const std::string& text : {from->text(), " \"<a@b.example>,\" (c) <" + from->text() + ">\r\n"}) {
    const auto again = parse_from(text);
    must(again && *again == *from, "an address in From is itself");
  }
  must(addresses_in(value) == std::vector{*from}, "a good From is a good To with that one mailbox");
}

void check_list(std::string_view value) {
  const auto addresses = addresses_in(value);
  std::string text;
  for (const MailAddress& address : addresses) {
    check_address(address);
    text += (text.empty() ? "" : ", ") + address.text();
  }
  must(addresses_in(text) == addresses, "a list of addresses is itself");
  must(addresses_in("group: " + text + ";") == addresses, "a group of addresses is those addresses");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  if (const auto address = MailAddress::parse(text)) check_address(*address);
  check_from(text);
  check_list(text);
  return 0;
}
