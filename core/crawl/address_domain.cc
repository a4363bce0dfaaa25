#include "core/crawl/address_domain.h"

namespace portavoz {

std::string_view domain_word(AddressDomain domain) {
  switch (domain) {
    case AddressDomain::there: return "there";
    case AddressDomain::gone: return "gone";
    case AddressDomain::unknown: break;
  }
  return "";
}

AddressDomain address_domain(std::string_view domain, const Resolution& answer) {
  // RFC 7686 §2: it is none of the DNS, and whoever asks is told NXDOMAIN.
  if (domain.ends_with(".onion")) return AddressDomain::unknown;
  switch (answer.answer) {
    case Resolution::Answer::found:
    case Resolution::Answer::no_address: return AddressDomain::there;
    case Resolution::Answer::no_name: return AddressDomain::gone;
    case Resolution::Answer::failed:
    case Resolution::Answer::timed_out: break;
  }
  return AddressDomain::unknown;
}

bool denies_only_what_is_gone(const Resolution& answer) { return answer.answer == Resolution::Answer::found; }

}  // namespace portavoz
