#include "core/registry/signing_domain.h"

#include "core/mail/address.h"

namespace portavoz {

Result<std::string> signing_domain(std::string_view text, const PublicSuffixQuestion& is_public_suffix) {
  // A domain is what may stand behind the @ of an address.
  const auto parsed = MailAddress::parse("x@" + std::string(text));
  if (!parsed || parsed->local_part() != "x")
    return Error{ErrorKind::bad_input, "is no domain. Give one such as asamblea.example"};
  const auto shared_by_strangers = is_public_suffix(parsed->domain());
  if (!shared_by_strangers) return shared_by_strangers.error();
  if (*shared_by_strangers)
    return Error{
        ErrorKind::bad_input,
        "is a public suffix: anybody can have a domain below it. Give the domain that signs their mail"};
  return parsed->domain();
}

}  // namespace portavoz
