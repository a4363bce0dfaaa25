// What a process does before it can open no file any more: to_utf8 (core/evidence/inspect.h) finds its
// converters in files, as it comes to need them. Errors: a converter that this system does not have stays
// missing. Threads: once, before any.
#pragma once

namespace portavoz {

// Opens every converter for good.
void load_charsets();

}  // namespace portavoz
