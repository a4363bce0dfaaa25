// A contact's proof as an admin states it in options and reads it again in a command to repeat. It judges
// what was typed (admin/inputs.h) and stores nothing. Errors: those of the inputs. Threads: pure functions.
#pragma once

#include <optional>
#include <string>

#include "admin/arguments.h"
#include "core/base/result.h"
#include "core/policy/roll.h"

namespace portavoz::admin {

// `own_domain` signs where no domain is named; without it a domain or --no-dkim has to be named.
[[nodiscard]] Result<Proof> stated(const ProofWords& words, const std::optional<std::string>& own_domain);

// `--login norte --signing-domain norte.example`: the options that state this proof, for a shell.
[[nodiscard]] std::string as_options(const Proof& proof);

// Whether anything at all could show that a post is theirs.
[[nodiscard]] bool proves_nothing(const Proof& proof);

}  // namespace portavoz::admin
