#include "milter/roll_follower.h"

#include <condition_variable>
#include <mutex>

#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/pg/connection.h"
#include "core/policy/memory_roll.h"

namespace portavoz {
namespace {

constexpr Millis poll_period{30'000};
constexpr Millis wait_slice{500};  // how long a stop may have to wait
constexpr Millis retry_period{1'000};

Result<std::shared_ptr<const MemoryRoll>> load_roll(pg::Connection& register_connection) {
  // One snapshot: lists and contacts of different moments never meet in a roll.
  if (auto begun = register_connection.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun)
    return begun.error();
  const Instant heard = now();
  auto lists = register_connection.query(
      "SELECT list_id, posting_address, addresses, languages, admin_address FROM portavoz.roll_lists");
  auto contacts = register_connection.query(
      "SELECT contact_id, list_id, assembly, address, logins, decision_id FROM portavoz.roll_contacts");
  const auto ended = register_connection.exec("COMMIT");
  if (!lists) return lists.error();
  if (!contacts) return contacts.error();
  if (!ended) return ended.error();

  std::vector<RollList> roll_lists;
  for (std::size_t row = 0; row < lists->size(); ++row)
    roll_lists.push_back(
        {{lists->integer(row, "list_id"), std::string(lists->text(row, "posting_address")),
          lists->text_array(row, "languages"), std::string(lists->text(row, "admin_address"))},
         lists->text_array(row, "addresses")});
  std::vector<RollContact> roll_contacts;
  for (std::size_t row = 0; row < contacts->size(); ++row)
    roll_contacts.push_back(
        {contacts->integer(row, "list_id"),
         {contacts->integer(row, "contact_id"), contacts->integer(row, "decision_id"),
          std::string(contacts->text(row, "assembly")), std::string(contacts->text(row, "address")),
          contacts->text_array(row, "logins")}});
  return std::make_shared<const MemoryRoll>(roll_lists, roll_contacts, heard);
}

// Sleeps, unless it is asked to stop.
void pause(const std::stop_token& stop, Millis period) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stop, period, [] { return false; });
}

// One connection's life: LISTEN, then load at once and after each notification or poll. Returns why it ended.
Result<void> follow(pg::Connection& connection, RollHolder& holder, const std::stop_token& stop) {
  if (auto listening = connection.exec("LISTEN portavoz_roll"); !listening) return listening;
  bool changed = true;  // the first load is news, as is each that follows a notification; a poll is not
  while (!stop.stop_requested()) {
    auto roll = load_roll(connection);
    if (!roll) return roll.error();
    const std::string contents = std::to_string((*roll)->list_count()) + " lists, " +
                                 std::to_string((*roll)->contact_count()) + " designated contacts";
    holder.publish(std::move(*roll));
    if (changed) log_info("roll loaded: " + contents);
    changed = false;
    for (Millis waited{0}; !changed && waited < poll_period && !stop.stop_requested(); waited += wait_slice) {
      changed = connection.wait_notification(wait_slice);
      if (!connection.alive())
        return Error{ErrorKind::unavailable, "the connection to the register was lost"};
    }
  }
  return {};
}

}  // namespace

RollFollower::RollFollower(std::string dsn, RollHolder& holder)
    : dsn_(std::move(dsn)), holder_(holder), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void RollFollower::run(const std::stop_token& stop) {
  bool away = false;
  while (!stop.stop_requested()) {
    auto connection = pg::Connection::open(dsn_);
    const Result<void> ended =
        connection ? follow(*connection, holder_, stop) : Result<void>(connection.error());
    if (ended) return;
    // Once for each absence: a register that is away for a night is one line, not thirty thousand.
    if (!away || connection)
      log_warning("the register is away, the roll stays as it is: " + ended.error().what);
    away = true;
    pause(stop, retry_period);
  }
}

}  // namespace portavoz
