#include "verifier/check_queue.h"

namespace portavoz {
namespace {

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

Result<std::vector<Check>> CheckQueue::claim(int max_checks, Seconds lease) {
  auto rows = connection_->query(
      "SELECT check_id, attempt, address, evidence_url FROM portavoz.claim_checks($1, $2::int, $3::interval)",
      {worker_, std::to_string(max_checks), interval(lease)});
  if (!rows) return rows.error();
  std::vector<Check> checks;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    checks.push_back({rows->integer(row, "check_id"), static_cast<int>(rows->integer(row, "attempt")),
                      std::string(rows->text(row, "address")), std::string(rows->text(row, "evidence_url"))});
  }
  return checks;
}

Result<std::int64_t> CheckQueue::finish(const Check& check, const std::string& report) {
  auto rows =
      connection_->query("SELECT portavoz.finish_check($1::bigint, $2, $3::int, $4::jsonb) AS report_id",
                         {std::to_string(check.id), worker_, std::to_string(check.attempt), report});
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
