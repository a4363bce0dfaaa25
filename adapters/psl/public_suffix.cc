#include "adapters/psl/public_suffix.h"

#include <libpsl.h>

#include "core/base/owned.h"
#include "core/net/site.h"

namespace portavoz {
namespace {

const psl_ctx_t* the_list() {
  static const Owned<psl_ctx_t, psl_free> list(psl_latest(nullptr));
  return list.get();
}

}  // namespace

Site site_of(const std::string& host) {
  const char* domain = the_list() == nullptr ? nullptr : psl_registrable_domain(the_list(), host.c_str());
  if (domain == nullptr) return {host, false};
  const char* suffix = psl_unregistrable_domain(the_list(), host.c_str());
  const int kinds = PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE;
  return {domain, suffix != nullptr && psl_is_public_suffix2(the_list(), suffix, kinds) != 0};
}

Result<bool> is_public_suffix(const std::string& domain) {
  if (the_list() == nullptr)
    return Error{ErrorKind::unavailable,
                 "there is no list of public suffixes, so that nobody can tell whether " + domain +
                     " is one; install the package publicsuffix"};
  return psl_is_public_suffix(the_list(), domain.c_str()) != 0;
}

}  // namespace portavoz
