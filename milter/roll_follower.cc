#include "milter/roll_follower.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "adapters/os/clock.h"
#include "adapters/os/log.h"

namespace portavoz {
namespace {

constexpr Millis poll_period{5'000};
constexpr Millis wait_slice{500};           // how long a stop may have to wait
constexpr Millis retry_period{200};         // a register that is back is followed within a second
constexpr Millis slow_retry_period{5'000};  // of what takes work each time
constexpr Millis silence{5'000};            // of a server that owes an answer
constexpr Millis long_silence{120'000};     // while it sorts all contacts
constexpr Millis progress_period{3'000};
constexpr Millis age_period{3'600'000};

// Sleeps, unless it is asked to stop.
void pause(const std::stop_token& stop, Millis period) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stop, period, [] { return false; });
}

std::string grouped(std::size_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at > 0 && (digits.size() - at) % 3 == 0) text += ',';
    text += digits[at];
  }
  return text;
}

std::vector<std::string> ids_of(const std::vector<RollSealKey>& keys) {
  std::vector<std::string> ids;
  for (const RollSealKey& key : keys) ids.push_back(key.key_id);
  return ids;
}

// Hands a source through, tells the log how far it is, and remembers what the roll has to do with it: whether
// it was the register that failed, and which seal keys it has.
class Watched final : public RollSource {
 public:
  Watched(RollSource& source, std::size_t contacts)
      : source_(source), contacts_(contacts), told_(monotonic()) {}

  Result<std::vector<GuardedList>> lists() override { return kept(source_.lists()); }
  Result<std::vector<RollSealKey>> seal_keys() override {
    auto keys = kept(source_.seal_keys());
    if (keys) key_ids_ = ids_of(*keys);
    return keys;
  }
  Result<std::vector<RollContact>> more_contacts() override {
    auto contacts = kept(source_.more_contacts());
    if (contacts) tell_progress(contacts->size());
    return contacts;
  }
  Result<std::vector<RollMark>> more_marks() override { return kept(source_.more_marks()); }

  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] const std::vector<std::string>& key_ids() const { return key_ids_; }

 private:
  template <typename T>
  Result<T> kept(Result<T> result) {
    if (!result) failure_ = result.error();
    return result;
  }

  void tell_progress(std::size_t more) {
    read_ += more;
    if (monotonic() - told_ < progress_period) return;
    told_ = monotonic();
    log_info("roll: " + grouped(read_) + " of " + grouped(contacts_) + " contacts read");
  }

  RollSource& source_;
  std::size_t contacts_;
  std::size_t read_ = 0;
  Millis told_;
  std::optional<Error> failure_;
  std::vector<std::string> key_ids_;
};

}  // namespace

RollFollower::RollFollower(std::string dsn, std::string listen_dsn, std::string host,
                           std::unique_ptr<RollFile> roll)
    : dsn_(std::move(dsn)),
      listen_dsn_(std::move(listen_dsn)),
      host_(std::move(host)),
      roll_(std::move(roll)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::unique_ptr<RollFile> RollFollower::end() {
  thread_.request_stop();
  thread_.join();
  return std::move(roll_);
}

// Tells the register which keys the doors on this host accept; rotating a key waits for it. Nothing else
// depends on it.
void RollFollower::note(pg::Connection& reader) {
  if (!key_ids_) return;
  const auto noted = reader.query("SELECT portavoz.note_roll($1, $2)", {host_, pg::array_literal(*key_ids_)});
  const std::string trouble = noted ? "" : noted.error().what;
  if (!trouble.empty() && trouble != note_trouble_)
    log_warning("the register did not take note of this host's roll: " + trouble);
  note_trouble_ = trouble;
}

void RollFollower::wrote(const Result<RollWritten>& written, bool news) {
  if (!written) {
    if (written.error().what != write_trouble_) log_error("the roll stays as it is: " + written.error().what);
    write_trouble_ = written.error().what;
    return;
  }
  write_trouble_.clear();
  compared_for_.clear();
  fresh_ = false;
  if (news || written->change == RollChange::written)
    log_info("roll loaded: " + std::to_string(written->counts.lists) + " lists, " +
             std::to_string(written->counts.contacts) + " designated contacts, " +
             std::to_string(written->counts.marks) + " marks of posts");
}

Result<void> RollFollower::take_changes(RollReader& look, ChangedParts parts, Instant heard) {
  const bool news =
      fresh_ || parts.lists || parts.seal_keys || !parts.contacts.empty() || !parts.marks.empty();
  parts.seal_keys = parts.seal_keys || !key_ids_;
  const auto update = look.read(parts);
  if (!update) return update.error();
  const auto written = roll_->update(*update, look.state().position, heard);
  if (written && update->seal_keys) key_ids_ = ids_of(*update->seal_keys);
  wrote(written, news);
  return {};
}

Result<void> RollFollower::compare(pg::Connection& reader, RollReader& look, const std::string& why,
                                   Instant heard) {
  if (why != compared_for_) log_info("roll: comparing all of it with the register: " + why);
  compared_for_ = why;
  reader.answer_within(long_silence);
  const auto contacts = look.contact_count();
  if (!contacts) return contacts.error();
  Watched source(look, *contacts);
  const auto written = roll_->compare(source, *contacts, look.state().position, heard);
  reader.answer_within(silence);
  if (source.failure()) return *source.failure();
  if (written) key_ids_ = source.key_ids();
  wrote(written, true);
  return {};
}

// An error is the register's. A roll that cannot be written is logged and tried again.
Result<void> RollFollower::catch_up(pg::Connection& reader) {
  const Instant heard = now();  // no later than what is read
  const auto look = RollReader::begin(reader);
  if (!look) return look.error();
  const auto position = roll_->position();
  source_ = (*look)->state().position.source;
  if (const auto why = why_compare(position, (*look)->state())) return compare(reader, **look, *why, heard);
  auto changes = (*look)->changes_since(*position);
  if (!changes) return changes.error();
  ChangedParts parts = changed_parts(std::move(*changes));
  if (parts.everything)
    return compare(reader, **look, "more changed than is worth reading one by one", heard);
  return take_changes(**look, std::move(parts), heard);
}

// What is done every few seconds besides: it finds a server that stopped, or that is no longer the one that
// is read, and keeps the register's log of changes short.
Result<void> RollFollower::round(pg::Connection& listener, pg::Connection& reader) {
  if (const auto pruned = reader.query("SELECT portavoz.prune_roll_changes()"); !pruned)
    return pruned.error();
  if (auto caught_up = catch_up(reader); !caught_up) return caught_up;
  const auto listening = listener.query("SELECT portavoz.roll_source() AS source");
  if (!listening) return listening.error();
  if (listening->text(0, "source") != source_)
    return Error{ErrorKind::unavailable,
                 "notifications come from another server than what is read; see register.dsn and "
                 "register.listen_dsn if this stays so"};
  note(reader);
  return {};
}

// The connections' life: LISTEN, then read at once and after each notification or poll. Returns why it ended.
Result<void> RollFollower::follow(pg::Connection& listener, pg::Connection& reader,
                                  const std::stop_token& stop) {
  if (auto listening = listener.exec("LISTEN portavoz_roll"); !listening) return listening;
  bool told = false;
  while (!stop.stop_requested()) {
    const auto known_keys = key_ids_;
    const auto done = told ? catch_up(reader) : round(listener, reader);
    if (!done) return done;
    if (told && key_ids_ != known_keys) note(reader);
    const Millis period = write_trouble_.empty() ? poll_period : slow_retry_period;
    told = false;
    for (Millis waited{0}; !told && waited < period && !stop.stop_requested(); waited += wait_slice) {
      told = listener.wait_notification(wait_slice);
      if (!listener.alive()) return Error{ErrorKind::unavailable, "the connection to the register was lost"};
    }
  }
  return {};
}

Result<void> RollFollower::session(const std::stop_token& stop) {
  connected_ = false;
  fresh_ = true;
  key_ids_.reset();
  auto listener = pg::Connection::open(listen_dsn_);
  if (!listener) return listener.error();
  auto reader = pg::Connection::open(dsn_);
  if (!reader) return reader.error();
  connected_ = true;
  listener->answer_within(silence);
  reader->answer_within(silence);
  try {
    return follow(*listener, *reader, stop);
  } catch (const std::exception& nonsense) {  // rows that are not of their form
    return Error{ErrorKind::unavailable,
                 std::string("the register's answer makes no sense: ") + nonsense.what()};
  }
}

void RollFollower::run(const std::stop_token& stop) {
  std::optional<Millis> told;  // when the log heard of this absence last
  while (!stop.stop_requested()) {
    const Result<void> ended = session(stop);
    if (ended) return;
    // Once for each absence: a register that is away for a night is a few lines, not thirty thousand.
    if (!fresh_) told.reset();
    if (!told || monotonic() - *told >= age_period) {
      const auto word = roll_->last_word();
      log_warning("the register is away, the roll stays as it is" +
                  (word ? ", of " + to_rfc3339(word->at) : std::string()) + ": " + ended.error().what);
      told = monotonic();
    }
    pause(stop, connected_ && fresh_ ? slow_retry_period : retry_period);
  }
}

}  // namespace portavoz
