#include "milter/roll_follower.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/pg/roll_reader.h"

namespace portavoz {
namespace {

constexpr Millis poll_period{30'000};
constexpr Millis wait_slice{500};  // how long a stop may have to wait
constexpr Millis retry_period{1'000};
constexpr Millis write_retry_period{5'000};

// Sleeps, unless it is asked to stop.
void pause(const std::stop_token& stop, Millis period) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stop, period, [] { return false; });
}

}  // namespace

RollFollower::RollFollower(std::string dsn, std::string host, std::unique_ptr<RollFile> roll)
    : dsn_(std::move(dsn)),
      host_(std::move(host)),
      roll_(std::move(roll)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

// Tells the register which keys the doors on this host accept; rotating a key waits for it. Nothing else
// depends on it.
void RollFollower::note(pg::Connection& connection, const RollContents& contents) {
  std::vector<std::string> key_ids;
  for (const RollSealKey& key : contents.seal_keys) key_ids.push_back(key.key_id);
  const auto noted =
      connection.query("SELECT portavoz.note_roll($1, $2)", {host_, pg::array_literal(key_ids)});
  const std::string trouble = noted ? "" : noted.error().what;
  if (!trouble.empty() && trouble != note_trouble_)
    log_warning("the register did not take note of this host's roll: " + trouble);
  note_trouble_ = trouble;
}

// `news`: whether the log is to hear of it even when the roll says what it said before; false once it did. An
// error is the register's.
Result<void> RollFollower::load(pg::Connection& connection, bool& news) {
  const auto contents = read_roll(connection, now());
  if (!contents) return contents.error();
  const auto change = roll_->replace(*contents);
  if (!change) {
    if (change.error().what != write_trouble_) log_error("the roll stays as it is: " + change.error().what);
    write_trouble_ = change.error().what;
    return {};
  }
  write_trouble_.clear();
  note(connection, *contents);
  if (news || *change == RollChange::written)
    log_info("roll loaded: " + std::to_string(contents->lists.size()) + " lists, " +
             std::to_string(contents->contacts.size()) + " designated contacts, " +
             std::to_string(contents->marks.size()) + " marks of posts");
  news = false;
  return {};
}

// One connection's life: LISTEN, then load at once and after each notification or poll. Returns why it ended.
Result<void> RollFollower::follow(pg::Connection& connection, const std::stop_token& stop) {
  if (auto listening = connection.exec("LISTEN portavoz_roll"); !listening) return listening;
  bool news = true;  // the first load is news, as is each that follows a notification; a poll is not
  while (!stop.stop_requested()) {
    if (auto loaded = load(connection, news); !loaded) return loaded;
    const Millis period = write_trouble_.empty() ? poll_period : write_retry_period;
    bool told = false;
    for (Millis waited{0}; !told && waited < period && !stop.stop_requested(); waited += wait_slice) {
      told = connection.wait_notification(wait_slice);
      if (!connection.alive())
        return Error{ErrorKind::unavailable, "the connection to the register was lost"};
    }
    news = news || told;
  }
  return {};
}

void RollFollower::run(const std::stop_token& stop) {
  bool away = false;
  while (!stop.stop_requested()) {
    auto connection = pg::Connection::open(dsn_);
    const Result<void> ended = connection ? follow(*connection, stop) : Result<void>(connection.error());
    if (ended) return;
    // Once for each absence: a register that is away for a night is one line, not thirty thousand.
    if (!away || connection)
      log_warning("the register is away, the roll stays as it is: " + ended.error().what);
    away = true;
    pause(stop, retry_period);
  }
}

}  // namespace portavoz
