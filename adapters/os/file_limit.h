// How many files and sockets this process may have open at a time (RLIMIT_NOFILE): a service that holds many
// sockets asks for all that it may have, since the usual 1,024 is there for programs that use select(2).
// Errors: none; what is not granted stays as it was. Threads: call it before there are others.
#pragma once

namespace portavoz {

void raise_file_limit();

}  // namespace portavoz
