#include "adapters/psl/public_suffix.h"

#include <libpsl.h>

#include "core/base/owned.h"

namespace portavoz {

Result<bool> is_public_suffix(const std::string& domain) {
  static const Owned<psl_ctx_t, psl_free> list(psl_latest(nullptr));
  if (!list)
    return Error{ErrorKind::unavailable,
                 "there is no list of public suffixes, so that nobody can tell whether " + domain +
                     " is one; install the package publicsuffix"};
  return psl_is_public_suffix(list.get(), domain.c_str()) != 0;
}

}  // namespace portavoz
