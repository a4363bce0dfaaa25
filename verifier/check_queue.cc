#include "verifier/check_queue.h"

namespace portavoz {
namespace {

// What fell due below the mark is seen within this time.
constexpr Millis mark_lasts{60'000};
constexpr Millis mark_lasts_empty{1'000};

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

Result<std::vector<Check>> CheckQueue::claim(int max_checks, Seconds lease, Millis time, bool idle) {
  if (time - saw_all_ >= mark_lasts) mark_.reset();
  auto checks = claim_above_mark(max_checks, lease, time);
  if (!checks || !checks->empty() || time == saw_all_ || (!idle && time - saw_all_ < mark_lasts_empty))
    return checks;
  mark_.reset();
  return claim_above_mark(max_checks, lease, time);
}

Result<std::vector<Check>> CheckQueue::claim_above_mark(int max_checks, Seconds lease, Millis time) {
  if (!mark_) saw_all_ = time;
  // One row also without any check: it says up to when there was none.
  auto rows = connection_->query(
      "SELECT check_id, attempt, look, address, evidence_url, site, coalesce(was_due, now()) AS mark, etag, "
      "last_modified, content_type, final_url, body_sha256, response_host, response_path FROM (SELECT) AS "
      "one "
      "LEFT JOIN portavoz.claim_checks($1, $2::int, $3::interval, $4::timestamptz) ON true",
      {worker_, std::to_string(max_checks), interval(lease), mark_});
  if (!rows) return rows.error();
  std::vector<Check> checks;
  for (std::size_t row = 0; row < rows->size() && !rows->is_null(row, "check_id"); ++row) {
    const auto text = [&](const char* column) { return std::string(rows->text(row, column)); };
    checks.push_back({rows->integer(row, "check_id"), static_cast<int>(rows->integer(row, "attempt")),
                      static_cast<int>(rows->integer(row, "look")), text("address"), text("evidence_url"),
                      text("site"), text("etag"), text("last_modified"), text("content_type"),
                      text("final_url"), text("body_sha256"), text("response_host"), text("response_path")});
  }
  mark_ = std::string(rows->text(rows->size() - 1, "mark"));
  return checks;
}

Result<std::set<std::string>> CheckQueue::take_turns(const std::vector<std::string>& sites, Seconds lease) {
  auto rows = connection_->query("SELECT portavoz.take_turns($1, $2::text[], $3::interval) AS site",
                                 {worker_, pg::array_literal(sites), interval(lease)});
  if (!rows) return rows.error();
  std::set<std::string> taken;
  for (std::size_t row = 0; row < rows->size(); ++row) taken.emplace(rows->text(row, "site"));
  return taken;
}

Result<std::optional<Millis>> CheckQueue::next_turn() {
  auto rows =
      connection_->query("SELECT ceil(extract(epoch FROM portavoz.next_turn()) * 1000)::bigint AS ms");
  if (!rows) return rows.error();
  if (rows->is_null(0, "ms")) return std::optional<Millis>();
  return std::optional(Millis(rows->integer(0, "ms")));
}

Result<void> CheckQueue::leave_sites(const std::vector<Leaving>& sites) {
  std::vector<std::string> names;
  std::vector<std::string> waits;
  for (const Leaving& each : sites) {
    names.push_back(each.site);
    waits.push_back(std::to_string(each.wait.count()) + " ms");
  }
  auto rows = connection_->query("SELECT portavoz.leave_sites($1, $2::text[], $3::interval[])",
                                 {worker_, pg::array_literal(names), pg::array_literal(waits)});
  if (!rows) return rows.error();
  return {};
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
