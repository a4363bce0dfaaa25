// How a verdict on a post is shown to people, by `explain` (of a post that came) and by `try` (of one that
// did not). Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "adapters/pg/connection.h"
#include "core/text_table/table.h"

namespace portavoz::admin {

// What DKIM and SPF said, from the facts as adapters/json/facts_json.h writes them; nothing where nobody
// looked.
void append_facts(std::vector<Fact>& facts, const std::string& facts_json);

// Each rule that was looked at, with its answer; empty when the facts do not say.
[[nodiscard]] std::string steps_shown(const std::string& facts_json, const Screen& screen);

// The contact and the decision behind it, of a row with contact_id, assembly, decision_id, decision_kind,
// decided_by, decided_at, reason and report_id.
[[nodiscard]] std::string designation_shown(const pg::Rows& rows, std::size_t row);

// What stands there when nobody is designated.
inline constexpr const char* no_designation =
    "none: no designated contact of this list stands behind the address in From";

}  // namespace portavoz::admin
