// The evidence of a report, as far as this host has it and the person may read it: is the file there, is it
// as it was kept, and what changed on the page since the report that was approved last. It reads files and
// changes none. A file that is not there, not readable or on another host is an answer here, with a sentence
// that says what to do. Threads: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/pg/connection.h"
#include "admin/json.h"
#include "core/evidence/text_diff.h"
#include "core/text_table/table.h"

namespace portavoz::admin {

struct ReportEvidence {
  std::string host, path, sha256;  // all empty when nothing was kept; a path alone in the older form
  std::int64_t bytes = 0;
  std::optional<bool> there;                    // as it was kept; nothing when that cannot be told from here
  std::string picture;                          // of what a browser showed, a PNG; empty without one
  std::string remark;                           // what is the matter with it; empty when all is well
  std::optional<std::int64_t> approved_report;  // that the page was compared with
  std::vector<DiffLine> diff;
  std::string diff_remark;  // why there is no difference to show; empty when there is one
};

// rows: one row of evidence_overview.
[[nodiscard]] ReportEvidence read_evidence(const pg::Rows& rows);

[[nodiscard]] Json json_of_file(const ReportEvidence& evidence);
[[nodiscard]] Json json_of_diff(const ReportEvidence& evidence);

// One sentence or several lines, for a fact.
[[nodiscard]] std::string file_in_words(const ReportEvidence& evidence);
// The difference, at most 60 lines of the screen.
[[nodiscard]] std::string diff_in_words(const ReportEvidence& evidence, const Screen& screen);

}  // namespace portavoz::admin
