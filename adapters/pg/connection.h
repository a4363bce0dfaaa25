// Connection: one libpq connection to the register, owned. Statements go out with parameters, rows or an
// Error come back; notifications are waited for. It does not reconnect (a lost connection stays lost: open
// another one, LISTEN again, then read again) and it knows nothing of the register's schema.
//
// Errors, by SQLSTATE: PV001 bad_input, PV002 not_found, PV003 conflict, PV004 and 42501 forbidden; a server
// that is away, stopping, full, or asks to try again is unavailable; a connection lost during COMMIT is
// in_doubt. `what` is the server's sentence and its hint. Threads: none; a Connection belongs to one thread
// at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/pg/rows.h"
#include "core/base/result.h"
#include "core/base/time.h"

struct pg_conn;

namespace portavoz::pg {

class Connection {
 public:
  using Param = std::optional<std::string>;  // in text format, without NUL; nullopt is NULL

  // `dsn` is a libpq connection string. Text travels as UTF-8. Unless the string says otherwise, connecting
  // gives up after `longest_connect` an address, and a peer that vanished without a word is noticed within a
  // minute. Errors: `forbidden` when the server answers but does not take this login or database, else
  // `unavailable`, also when the string asks for a primary and only a standby answers.
  static Result<Connection> open(const std::string& dsn, Seconds longest_connect = Seconds(5));

  // Whether libpq can read the string; it connects nowhere. Error: bad_input, with the setting that holds it.
  static Result<void> check(const std::string& dsn, const std::string& setting = "register.dsn");

  // From now on a server that sends nothing for so long while it owes an answer is given up: the statement is
  // `unavailable` (COMMIT `in_doubt`) and the connection lost. Without it, a server that stopped is waited
  // for until TCP finds out, and on a unix socket for ever.
  void answer_within(Millis silence) { silence_ = silence; }

  // One statement, with $1, $2 … as parameters. Outside a transaction block it commits by itself, and a
  // connection lost meanwhile is `unavailable` although it may have been committed: right for reading and for
  // what is idempotent. Anything else goes through write().
  Result<Rows> query(const std::string& sql, const std::vector<Param>& params = {});

  // Statements without parameters, several separated by semicolons too; their rows are dropped.
  Result<void> exec(const std::string& sql);

  // query() in a transaction of its own. `in_doubt` when the connection broke during COMMIT; after any other
  // error nothing was written. Precondition: no transaction block is open.
  Result<Rows> write(const std::string& sql, const std::vector<Param>& params = {});

  // Waits for a notification on a channel that this connection LISTENs to, and drains all that came. True
  // when there was one; false on time-out, when a signal interrupted the wait, or when the connection is lost
  // (see alive()).
  bool wait_notification(Millis timeout);

  // False once the connection was found broken. It is not asked: only using it finds out.
  [[nodiscard]] bool alive() const;

  // The SQLSTATE of the last statement that failed; empty when the server gave none.
  [[nodiscard]] const std::string& last_sqlstate() const { return last_sqlstate_; }

 private:
  struct Close {
    void operator()(pg_conn* connection) const noexcept;
  };
  explicit Connection(std::unique_ptr<pg_conn, Close> connection) : connection_(std::move(connection)) {}

  [[nodiscard]] bool await_result();
  Result<Rows> receive(bool sent, const std::string& sql);
  Result<Rows> take(pg_result* result, const std::string& sql);
  Error error_from(const pg_result* result, const std::string& sql);
  bool drain_notifications();

  std::unique_ptr<pg_conn, Close> connection_;  // none once the server was given up
  std::optional<Millis> silence_;
  std::string last_sqlstate_;
};

}  // namespace portavoz::pg
