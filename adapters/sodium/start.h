// libsodium's one start a process. Only for the files of this folder. Threads: safe from any.
#pragma once

namespace portavoz {

// Ends the process when libsodium cannot start: it would give predictable numbers.
void sodium_started();

}  // namespace portavoz
