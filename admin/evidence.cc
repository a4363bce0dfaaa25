#include "admin/evidence.h"

#include <algorithm>
#include <utility>

#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "adapters/os/files.h"
#include "adapters/os/host.h"
#include "adapters/os/judge_process.h"
#include "adapters/sodium/hash.h"
#include "admin/columns.h"
#include "core/base/text.h"
#include "core/evidence/evidence_file.h"
#include "core/evidence/page_lines.h"
#include "core/text_table/display.h"

namespace portavoz::admin {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t context = 2;
constexpr std::size_t most_rows = 60;

Error in_words(Error error, const std::string& path) {
  if (error.kind == ErrorKind::not_found)
    error.what = path +
                 " is not there any more: it was removed for its age or for room "
                 "(verifier.evidence_kept, verifier.evidence_budget)";
  if (error.kind == ErrorKind::forbidden)
    error.what += "; you have to be in the group of that file, see deploy/README.md";
  return error;
}

Result<std::string> read_here(const std::string& host, const std::string& path) {
  if (host != host_name())
    return Error{ErrorKind::unavailable, path + " is on " + host + ": run this command there"};
  auto octets = read_file(path, largest_evidence_file);
  if (!octets) return in_words(octets.error(), path);
  return octets;
}

Result<FetchResult> kept_page(const std::string& host, const std::string& path) {
  if (path.empty()) return Error{ErrorKind::not_found, "no page was read, or it was kept in an older form"};
  const auto file = read_here(host, path);
  if (!file) return file.error();
  auto kept = read_kept_response(*file);
  if (!kept) return Error{kept.error().kind, path + ": " + kept.error().what};
  if (kept->body.size() > FetchLimits().body)
    return Error{ErrorKind::bad_input, path + ": " + std::string(outcome_word(FetchOutcome::too_large))};
  FetchResult page;
  page.outcome = FetchOutcome::ok;
  page.final_url = kept->url;
  page.content_type = kept->content_type;
  page.body = std::move(kept->body);
  return page;
}

// The pages of strangers, read where they can hurt nobody.
class KeptPages {
 public:
  Result<Lines> lines_of(const std::string& host, const std::string& path) {
    const auto page = kept_page(host, path);
    if (!page) return page.error();
    std::optional<Result<PageLines>> answer;
    judge_.ask_lines(*page, [&](Result<PageLines> read) { answer = std::move(read); });
    loop_.run_until([&] { return answer.has_value(); });
    Result<PageLines>& read = *answer;
    if (!read) return Error{read.error().kind, path + ": " + read.error().what};
    if (read->outcome != FetchOutcome::ok)
      return Error{ErrorKind::bad_input, path + ": " + std::string(outcome_word(read->outcome))};
    return std::move(read->lines);
  }

 private:
  EpollReactor loop_{monotonic};
  JudgeProcess judge_{loop_, {}};
};

// Of a report that was made before there were WARC files: its host and its hash are not known.
void look_for_older_file(ReportEvidence& evidence) {
  if (evidence.path.empty()) return;
  if (file_version(evidence.path)) {
    evidence.there = true;
  } else {
    evidence.remark = "it is not on this host, or not any more";
  }
}

void look_for_file(ReportEvidence& evidence) {
  if (evidence.host.empty()) return look_for_older_file(evidence);
  const auto octets = read_here(evidence.host, evidence.path);
  if (!octets) {
    if (octets.error().kind == ErrorKind::not_found) evidence.there = false;
    evidence.remark = octets.error().what;
  } else if (to_hex(sha256(*octets)) != evidence.sha256) {
    evidence.there = false;
    evidence.remark =
        "The file there is not the one that was kept: its SHA-256 is " + to_hex(sha256(*octets));
  } else {
    evidence.there = true;
    if (auto picture = read_kept_picture(*octets)) evidence.picture = std::move(*picture);
  }
}

void compare(const pg::Rows& rows, ReportEvidence& evidence) {
  if (!evidence.approved_report) {
    evidence.diff_remark =
        "No report of this contact was approved yet: there is nothing to compare the page with.";
    return;
  }
  const std::string approved = "report " + std::to_string(*evidence.approved_report);
  if (*evidence.approved_report == rows.integer(0, "report_id")) {
    evidence.diff_remark = "This is the report that was approved last: newer ones are compared with it.";
    return;
  }
  KeptPages pages;
  const auto before = pages.lines_of(text(rows, 0, "approved_host"), text(rows, 0, "approved_response_path"));
  const auto after = pages.lines_of(evidence.host, text(rows, 0, "response_path"));
  if (!before || !after) {
    evidence.diff_remark = "The page cannot be compared with " + approved +
                           ", which was approved last, because of " +
                           (after ? "that report's evidence: " + before.error().what
                                  : "this report's evidence: " + after.error().what) +
                           ".";
    return;
  }
  evidence.diff = text_diff(*before, *after, context);
  if (evidence.diff.empty())
    evidence.diff_remark =
        "A reader of the page sees the same as in " + approved + ", which was approved last.";
}

char sign(Change change) { return change == Change::removed ? '-' : change == Change::added ? '+' : ' '; }

std::string line_text(const DiffLine& line) {
  return line.change == Change::gap ? "…" : sign(line.change) + line.text;
}

}  // namespace

ReportEvidence read_evidence(const pg::Rows& rows) {
  ReportEvidence evidence;
  evidence.host = text(rows, 0, "host");
  evidence.path = text(rows, 0, "path");
  evidence.sha256 = text(rows, 0, "sha256");
  if (!rows.is_null(0, "bytes")) evidence.bytes = rows.integer(0, "bytes");
  if (!rows.is_null(0, "approved_report")) evidence.approved_report = rows.integer(0, "approved_report");
  look_for_file(evidence);
  compare(rows, evidence);
  return evidence;
}

Json json_of_file(const ReportEvidence& evidence) {
  if (evidence.path.empty()) return {};
  const bool older = evidence.host.empty();
  return Json::object({{"host", older ? Json() : Json(evidence.host)},
                       {"path", evidence.path},
                       {"sha256", older ? Json() : Json(evidence.sha256)},
                       {"bytes", older ? Json() : Json(evidence.bytes)},
                       {"there", evidence.there ? Json(*evidence.there) : Json()},
                       {"picture", !evidence.picture.empty()},
                       {"remark", evidence.remark}});
}

Json json_of_diff(const ReportEvidence& evidence) {
  Lines lines;
  for (const DiffLine& line : evidence.diff) lines.push_back(line_text(line));
  return Json::object(
      {{"approved_report", evidence.approved_report ? Json(*evidence.approved_report) : Json()},
       {"lines", lines},
       {"remark", evidence.diff_remark}});
}

std::string file_in_words(const ReportEvidence& evidence) {
  if (evidence.path.empty()) return "nothing";
  std::string out = evidence.path + " (an older form: the page's octets alone)";
  if (!evidence.host.empty())
    out = evidence.host + ":" + evidence.path + " (" + std::to_string(evidence.bytes) + " octets, SHA-256 " +
          evidence.sha256 + ")";
  if (!evidence.remark.empty()) out += "\n" + evidence.remark;
  return out;
}

std::string diff_in_words(const ReportEvidence& evidence, const Screen& screen) {
  if (!evidence.diff_remark.empty()) return lay_out(evidence.diff_remark, screen);
  std::string out = styled("What a reader sees, beside report " + std::to_string(*evidence.approved_report) +
                               ", which was approved last",
                           Style::strong, screen) +
                    '\n';
  std::size_t rows = 0;
  std::size_t shown = 0;
  for (; shown < evidence.diff.size() && rows < most_rows; ++shown) {
    const DiffLine& line = evidence.diff[shown];
    const Style style = line.change == Change::removed ? Style::bad
                        : line.change == Change::added ? Style::good
                                                       : Style::plain;
    const std::string words = line.change == Change::gap ? "…" : screen_text(line.text);
    for (const std::string& row : wrap_text(words, screen.width - std::min<std::size_t>(screen.width, 2))) {
      if (rows++ >= most_rows) break;
      out += styled(std::string(1, sign(line.change)) + " " + row, style, screen) + '\n';
    }
  }
  if (shown < evidence.diff.size())
    out += "… " + std::to_string(evidence.diff.size() - shown) + " more lines\n";
  return out;
}

}  // namespace portavoz::admin
