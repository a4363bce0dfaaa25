// The login role of an operating-system user, as a member of one of the register's groups. With peer login
// the name of the role is the name of the user and there is no password. Errors: forbidden unless the
// connection is the superuser's or may make roles. Threads: as the connection.
#pragma once

#include <string>

#include "adapters/pg/connection.h"
#include "core/base/result.h"

namespace portavoz::admin {

// Makes the role, or its membership, where it is missing. True when something was missing.
[[nodiscard]] Result<bool> give_login_role(pg::Connection& registry, const std::string& login,
                                           const std::string& group);

}  // namespace portavoz::admin
