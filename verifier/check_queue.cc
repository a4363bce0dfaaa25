#include "verifier/check_queue.h"

namespace portavoz {
namespace {

constexpr Millis mark_lasts{60'000};  // what fell due below the mark is seen within this time

std::string interval(Seconds seconds) { return std::to_string(seconds.count()) + " seconds"; }

}  // namespace

Result<void> CheckQueue::connect() {
  if (connection_ && connection_->alive()) return {};
  connection_.reset();
  auto opened = pg::Connection::open(dsn_);
  if (!opened) return opened.error();
  // Before the first claim, so that a check that falls due between the two is not slept over.
  if (auto listening = opened->exec("LISTEN portavoz_checks"); !listening) return listening;
  connection_ = std::move(*opened);
  return {};
}

Result<std::vector<Check>> CheckQueue::claim(int max_checks, Seconds lease, Millis time) {
  if (time - mark_dropped_ >= mark_lasts) {
    mark_.reset();
    mark_dropped_ = time;
  }
  auto rows = connection_->query(
      "SELECT check_id, attempt, look, address, evidence_url, was_due, etag, last_modified, content_type, "
      "final_url, "
      "body_sha256, response_host, response_path FROM portavoz.claim_checks($1, $2::int, $3::interval, "
      "$4::timestamptz)",
      {worker_, std::to_string(max_checks), interval(lease), mark_});
  if (!rows) return rows.error();
  std::vector<Check> checks;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    const auto text = [&](const char* column) { return std::string(rows->text(row, column)); };
    checks.push_back({rows->integer(row, "check_id"), static_cast<int>(rows->integer(row, "attempt")),
                      static_cast<int>(rows->integer(row, "look")), text("address"), text("evidence_url"),
                      text("etag"), text("last_modified"), text("content_type"), text("final_url"),
                      text("body_sha256"), text("response_host"), text("response_path")});
  }
  mark_.reset();
  if (!rows->empty()) mark_ = std::string(rows->text(rows->size() - 1, "was_due"));
  return checks;
}

Result<std::vector<SiteRule>> CheckQueue::site_rules() {
  auto rows = connection_->query(
      "SELECT host, robots_overridden, coalesce(wait_s, 0) AS wait_s FROM portavoz.site_rules");
  if (!rows) return rows.error();
  std::vector<SiteRule> rules;
  for (std::size_t row = 0; row < rows->size(); ++row)
    rules.push_back({std::string(rows->text(row, "host")), rows->boolean(row, "robots_overridden"),
                     Seconds(rows->integer(row, "wait_s"))});
  return rules;
}

Result<std::size_t> CheckQueue::count_due() {
  auto rows = connection_->query("SELECT due FROM portavoz.queue_overview");
  if (!rows) return rows.error();
  return static_cast<std::size_t>(rows->integer(0, "due"));
}

Result<void> CheckQueue::note_sites(const std::string& seen) {
  auto rows = connection_->query("SELECT portavoz.note_sites($1::jsonb)", {seen});
  if (!rows) return rows.error();
  return {};
}

Result<void> CheckQueue::give_back(const std::vector<Check>& checks, Seconds delay, std::string_view why) {
  std::vector<std::string> ids;
  std::vector<std::string> attempts;
  for (const Check& check : checks) {
    ids.push_back(std::to_string(check.id));
    attempts.push_back(std::to_string(check.attempt));
  }
  auto rows = connection_->query(
      "SELECT portavoz.give_back_checks($1, $2::bigint[], $3::int[], $4::interval, $5)",
      {worker_, pg::array_literal(ids), pg::array_literal(attempts), interval(delay), std::string(why)});
  if (!rows) return rows.error();
  return {};
}

Result<std::set<std::string>> CheckQueue::evidence_in_use() {
  auto rows = connection_->query("SELECT portavoz.evidence_in_use() AS path");
  if (!rows) return rows.error();
  std::set<std::string> paths;
  for (std::size_t row = 0; row < rows->size(); ++row) paths.emplace(rows->text(row, "path"));
  return paths;
}

Result<std::int64_t> CheckQueue::finish(const Check& check, const Report& report) {
  auto rows = connection_->query(
      "SELECT portavoz.finish_check($1::bigint, $2, $3::int, $4::jsonb, $5::jsonb) AS report_id",
      {std::to_string(check.id), worker_, std::to_string(check.attempt), report.report, report.evidence});
  if (!rows) return rows.error();
  return rows->integer(0, "report_id");
}

Result<void> CheckQueue::postpone(const Check& check, Seconds delay, std::string_view why) {
  auto rows = connection_->query(
      "SELECT portavoz.postpone_check($1::bigint, $2, $3::int, $4::interval, $5)",
      {std::to_string(check.id), worker_, std::to_string(check.attempt), interval(delay), std::string(why)});
  if (!rows) return rows.error();
  return {};
}

bool CheckQueue::wait_for_due(Millis timeout) {
  // What was notified while there was no connection is lost: then it may be.
  return connection_->wait_notification(timeout) || !connection_->alive();
}

}  // namespace portavoz
