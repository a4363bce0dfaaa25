// What a verdict was decided from, as the JSON that the register keeps with it and `portavoz explain` prints:
//
//   {"client": "192.0.2.1",
//    "dkim": [{"domain", "selector", "algorithm", "result", "why", "key_bits", "test_key", "whole_body",
//    "signed": […]}], "dkim_more": true, "spf": {"result", "mechanism", "open", "lookups", "why"}, "steps":
//    [{"rule", "decided", "why"}]}
//
// What was not looked at is not there; dkim_more says that there were more signatures than are looked at. One
// line. Octets that are not UTF-8, and NUL, which jsonb cannot hold, become U+FFFD; what a stranger wrote is
// cut to a bounded length. Threads: safe from any.
#pragma once

#include <string>

#include "core/policy/decide.h"

namespace portavoz {

[[nodiscard]] std::string facts_json(const PostFacts& facts, const Verdict& verdict);

}  // namespace portavoz
