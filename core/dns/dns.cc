#include "core/dns/dns.h"

namespace portavoz {

std::string_view word(DnsType type) {
  switch (type) {
    case DnsType::a: return "A";
    case DnsType::ptr: return "PTR";
    case DnsType::mx: return "MX";
    case DnsType::txt: return "TXT";
    case DnsType::aaaa: return "AAAA";
  }
  return "";
}

}  // namespace portavoz
