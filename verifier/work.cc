#include "verifier/work.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "adapters/os/log.h"

namespace portavoz {
namespace {

constexpr int batch = 20;
// Longer than a batch takes when every page of it takes all its time (20 s).
constexpr Seconds lease{600};
constexpr Millis poll_period{30'000};  // a notification is lost while nobody listens
constexpr Millis wait_slice{500};      // how long a stop may have to wait
constexpr Millis longest_absence_wait{60'000};

void pause(const std::stop_token& stop, Millis period) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stop, period, [] { return false; });
}

bool is_absence(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::in_doubt;
}

// Waiting for a register that is away.
class Patience {
 public:
  explicit Patience(const std::stop_token& stop) : stop_(stop) {}

  // Waits after a failure, longer each time, and says so once for each absence.
  void after(const Error& error) {
    if (!std::exchange(away_, true)) {
      log_warning("the register cannot be used now, trying again: " + error.what);
    }
    pause(stop_, wait_);
    wait_ = std::min(wait_ * 2, longest_absence_wait);
  }

  void over() {
    if (std::exchange(away_, false)) log_info("the register can be used again");
    wait_ = Millis(1000);
  }

 private:
  const std::stop_token& stop_;
  Millis wait_{1000};
  bool away_ = false;
};

std::string_view word(const std::optional<bool>& answer) {
  return !answer ? "unknown" : *answer ? "yes" : "no";
}

std::string name_of(const Check& check) {
  return "check " + std::to_string(check.id) + ": " + check.address + " " + check.url;
}

void log_lost(const Check& check, const Error& error) {
  const std::string line = name_of(check) + ": its result was not taken: " + error.what;
  // A conflict is another worker, or an admin, who was faster.
  if (error.kind == ErrorKind::conflict) {
    log_info(line);
  } else {
    log_error(line);
  }
}

// What is to be told about one check.
struct Answer {
  Examination examined;
  std::optional<Error> failure;  // ours: the evidence could not be kept, the address cannot be read
};

Answer examine(Examiner& examiner, const Check& check) {
  const auto address = MailAddress::parse(check.address);
  if (!address) return {{}, address.error()};
  auto examined = examiner.examine(*address, check.url, check.attempt);
  if (!examined) return {{}, examined.error()};
  return {std::move(*examined), std::nullopt};
}

Result<void> postpone(CheckQueue& queue, const Check& check, Seconds delay, const std::string& why) {
  auto done = queue.postpone(check, delay, why);
  if (done) log_info(name_of(check) + ": " + why + "; again in " + std::to_string(delay.count()) + " s");
  return done;
}

Result<void> tell(CheckQueue& queue, const Check& check, const Answer& answer) {
  if (answer.failure) {
    log_error(name_of(check) + ": no report: " + answer.failure->what);
    return postpone(queue, check, Seconds(600), "the verifier could not do it: " + answer.failure->what);
  }
  const Examination& examined = answer.examined;
  std::string outcome = "outcome=" + std::string(outcome_word(examined.outcome));
  if (examined.try_again) {
    if (!examined.detail.empty()) outcome += " (" + examined.detail + ")";
    return postpone(queue, check, *examined.try_again, outcome);
  }
  const auto report = queue.finish(check, examined.report);
  if (!report) return report.error();
  log_info(name_of(check) + ": " + outcome + " published=" + std::string(word(examined.finding.published)) +
           " official=" + std::string(word(examined.finding.official)) +
           " report=" + std::to_string(*report));
  return {};
}

// Tells the register until it knows, it refuses, or stop is asked for while it is away. Telling twice is
// harmless: the functions are fenced, and the same report is taken once.
void tell_patiently(CheckQueue& queue, const Check& check, const Answer& answer,
                    const std::stop_token& stop) {
  Patience patience(stop);
  for (;;) {
    const auto connected = queue.connect();
    const auto told = connected ? tell(queue, check, answer) : connected;
    if (told) return patience.over();
    if (!is_absence(told.error())) return log_lost(check, told.error());
    if (stop.stop_requested()) return log_lost(check, told.error());
    patience.after(told.error());
  }
}

void give_back(CheckQueue& queue, const Check& check) {
  if (auto given = queue.postpone(check, Seconds(0), "the verifier was stopped"); !given)
    log_lost(check, given.error());
}

// One batch; the number of checks that were claimed.
Result<std::size_t> work_off_batch(CheckQueue& queue, Examiner& examiner, const std::stop_token& stop) {
  if (auto connected = queue.connect(); !connected) return connected.error();
  const auto checks = queue.claim(batch, lease);
  if (!checks) return checks.error();
  for (const auto& check : *checks) {
    if (stop.stop_requested()) {
      give_back(queue, check);
    } else {
      tell_patiently(queue, check, examine(examiner, check), stop);
    }
  }
  return checks->size();
}

void wait_for_due(CheckQueue& queue, const std::stop_token& stop) {
  for (Millis waited{0}; waited < poll_period && !stop.stop_requested(); waited += wait_slice) {
    if (queue.wait_for_due(wait_slice)) return;
  }
}

}  // namespace

void work(CheckQueue& queue, Examiner& examiner, const std::stop_token& stop) {
  Patience patience(stop);
  while (!stop.stop_requested()) {
    const auto claimed = work_off_batch(queue, examiner, stop);
    if (!claimed) {
      patience.after(claimed.error());
      continue;
    }
    patience.over();
    if (*claimed == 0) wait_for_due(queue, stop);
  }
}

Result<void> work_once(CheckQueue& queue, Examiner& examiner, const std::stop_token& stop) {
  for (;;) {
    const auto claimed = work_off_batch(queue, examiner, stop);
    if (!claimed) return claimed.error();
    if (*claimed == 0 || stop.stop_requested()) return {};
  }
}

}  // namespace portavoz
