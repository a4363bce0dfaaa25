#include "outbox/clerk.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "adapters/os/clock.h"
#include "adapters/os/log.h"

namespace portavoz {
namespace {

constexpr Millis period{60'000};
constexpr std::size_t most = 1000;  // contacts of one transaction

void pause(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stop, period, [] { return false; });
}

// A sentence for the log: what failed, and what to do.
std::string told(const std::string& who, const std::string& problem, std::int64_t contact) {
  return who + ": nothing could be done for it by time, and it stays as it is: " + problem +
         ". It is tried again each minute, and the other contacts go on. See `portavoz contact show " +
         std::to_string(contact) + "` and the register's log.";
}

}  // namespace

Result<void> Clerk::connect() {
  if (connection_ && connection_->alive()) return {};
  connection_.reset();
  auto opened = pg::Connection::open(dsn_);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  return {};
}

Result<Clerk::Batch> Clerk::move_some(Instant at, std::int64_t after, Done& done, Problems& problems) {
  const auto rows = connection_->query(
      "SELECT contact_id, list, address, from_state, to_state, problem FROM "
      "portavoz.move_by_time($1::timestamptz, $2::bigint, $3::int)",
      {to_rfc3339(at), std::to_string(after), std::to_string(most)});
  if (!rows) return rows.error();
  Batch batch{rows->size() < most, after};
  for (std::size_t row = 0; row < rows->size(); ++row) {
    batch.reached = rows->integer(row, "contact_id");
    const std::string who = "contact " + std::to_string(batch.reached) + " " +
                            std::string(rows->text(row, "address")) + " on " +
                            std::string(rows->text(row, "list"));
    if (!rows->is_null(row, "problem")) {
      const std::string problem(rows->text(row, "problem"));
      const auto before = problems_.find(batch.reached);
      if (before == problems_.end() || before->second != problem)
        log_error(told(who, problem, batch.reached));
      problems[batch.reached] = problem;
      ++done.failed;
    } else if (!rows->is_null(row, "to_state")) {
      log_info(who + ": " + std::string(rows->text(row, "from_state")) + " -> " +
               std::string(rows->text(row, "to_state")));
      ++done.moved;
    }
  }
  return batch;
}

Result<Clerk::Done> Clerk::move_by_time(Instant at) {
  if (auto connected = connect(); !connected) return connected.error();
  Done done;
  Problems problems;
  for (Batch batch; !batch.last;) {
    auto next = move_some(at, batch.reached, done, problems);
    if (!next) return next.error();
    batch = *next;
  }
  for (const auto& [contact, problem] : problems_)
    if (!problems.contains(contact))
      log_info("contact " + std::to_string(contact) + ": what failed before is done");
  problems_ = std::move(problems);
  return done;
}

void Clerk::run(const std::stop_token& stop) {
  bool away = false;
  while (!stop.stop_requested()) {
    const auto moved = move_by_time(now());
    if (!moved && !std::exchange(away, true))
      log_warning("no moves by time while the register cannot be used; trying again each minute: " +
                  moved.error().what);
    if (moved && std::exchange(away, false)) log_info("the register can be used again");
    pause(stop);
  }
}

}  // namespace portavoz
