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

}  // namespace

Result<void> Clerk::connect() {
  if (connection_ && connection_->alive()) return {};
  connection_.reset();
  auto opened = pg::Connection::open(dsn_);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  return {};
}

Result<Clerk::Batch> Clerk::move_some(Instant at, std::int64_t after) {
  const auto rows = connection_->query(
      "SELECT contact_id, list, address, from_state, to_state FROM portavoz.move_by_time($1::timestamptz, "
      "$2::bigint, "
      "$3::int)",
      {to_rfc3339(at), std::to_string(after), std::to_string(most)});
  if (!rows) return rows.error();
  Batch batch{0, rows->size() < most, after};
  for (std::size_t row = 0; row < rows->size(); ++row) {
    batch.reached = rows->integer(row, "contact_id");
    if (rows->is_null(row, "to_state")) continue;
    ++batch.moved;
    log_info("contact " + std::to_string(batch.reached) + " " + std::string(rows->text(row, "address")) +
             " on " + std::string(rows->text(row, "list")) + ": " +
             std::string(rows->text(row, "from_state")) + " -> " + std::string(rows->text(row, "to_state")));
  }
  return batch;
}

Result<std::size_t> Clerk::move_by_time(Instant at) {
  if (auto connected = connect(); !connected) return connected.error();
  std::size_t moved = 0;
  for (Batch batch; !batch.last;) {
    auto next = move_some(at, batch.reached);
    if (!next) return next.error();
    batch = *next;
    moved += batch.moved;
  }
  return moved;
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
