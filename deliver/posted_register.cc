#include "deliver/posted_register.h"

#include <optional>

#include "adapters/os/log.h"
#include "adapters/pg/connection.h"
#include "adapters/shelf/posted_spool.h"

namespace portavoz {
namespace {

constexpr Seconds longest_connect{2};
// statement_timeout does not count COMMIT. That would wait for a synchronous standby as long as it is away,
// and for another transaction that notifies and waits for it: NOTIFY holds a lock until its COMMIT is over.
constexpr const char* short_statements =
    "SET statement_timeout = '2s'; SET lock_timeout = '2s'; SET synchronous_commit = local";

// Opens the register with the first post that it is told.
class Sender {
 public:
  explicit Sender(const std::string& dsn) : dsn_(dsn) {}

  Result<void> operator()(const std::string& list, const std::vector<std::string>& marks) {
    if (!connection_) {
      auto opened = pg::Connection::open(dsn_, longest_connect);
      if (!opened) return opened.error();
      connection_ = std::move(*opened);
      if (auto done = connection_->exec(short_statements); !done) return done;
    }
    const auto told =
        connection_->query("SELECT portavoz.record_posted($1, $2)", {list, pg::array_literal(marks)});
    if (!told) return told.error();
    return {};
  }

 private:
  const std::string& dsn_;
  std::optional<pg::Connection> connection_;
};

}  // namespace

void PostedRegister::posted(const std::string& list, const std::vector<std::string>& marks) const {
  auto spool = PostedSpool::open(spool_);
  const Result<void> done = spool ? spool->put(list, marks) : Result<void>(spool.error());
  if (!done)
    log_error("the register will not know that this post went to " + list + ": " + done.error().what);
}

void PostedRegister::tell() const {
  auto spool = PostedSpool::open(spool_);
  if (!spool) return;  // posted() has said so
  Sender sender(dsn_);
  const Result<void> done = spool->flush(
      [&](const std::string& list, const std::vector<std::string>& marks) { return sender(list, marks); });
  if (!done)
    log_warning("the register does not know yet which posts went out, this door does: " + done.error().what);
}

}  // namespace portavoz
