// A DNS zone written as JSON, for tests and `portavoz try --dns FILE`:
//
//   {"name": [["TXT", "…"], ["A", "192.0.2.1"], ["AAAA", "…"], ["MX", "10 host"], ["PTR", "host"]],
//    "other": [["CNAME", "target"]],  "away": [["RCODE", "SERVFAIL"]],  "silent": [["TIMEOUT", ""]]}
//
// "TRUNCATE" and "AD", by which tests tell a server how to answer, say nothing here. Anything else is an
// error. Errors: bad_input, with the name. Threads: safe from any.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/dns/zone.h"

namespace portavoz {

[[nodiscard]] Result<ZoneDns> read_zone(std::string_view json);

}  // namespace portavoz
