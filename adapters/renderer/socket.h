// The renderer's unix socket, for the two files of this folder that stand at its ends. Errors: bad_input (the
// path is too long), conflict (somebody listens there already), forbidden, unavailable. Threads: safe from
// any.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace portavoz {

// Descriptors that are closed on exec and do not block; the caller closes them.

// At once, or not: a unix socket's listener has room for one more or has not (unavailable).
[[nodiscard]] Result<int> connect_to_renderer(const std::string& path);
// Owner and group may connect. What an earlier run left in its place is taken away.
[[nodiscard]] Result<int> listen_as_renderer(const std::string& path);

[[nodiscard]] Error render_socket_error(std::string_view doing, const std::string& path, int number);

}  // namespace portavoz
