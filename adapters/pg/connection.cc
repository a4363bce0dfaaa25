#include "adapters/pg/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>

#include <libpq-fe.h>

#include "core/base/owned.h"
#include "core/base/text.h"

namespace portavoz::pg {

namespace {

using PgNotify = Owned<PGnotify, PQfreemem>;
void free_text(char* text) { PQfreemem(text); }

// The server's notices say nothing that the caller has to know, and standard error is the log's.
void drop_notice(void* /*context*/, const PGresult* /*result*/) {}

bool is_commit(std::string_view sql) {
  const std::string_view word = trim(sql);
  return ascii_istarts_with(word, "commit") || ascii_istarts_with(word, "end");
}

// PostgreSQL 15, appendix A. Classes are the first two characters.
ErrorKind kind_of(std::string_view sqlstate) {
  if (sqlstate == "PV001") return ErrorKind::bad_input;
  if (sqlstate == "PV002") return ErrorKind::not_found;
  if (sqlstate == "PV003") return ErrorKind::conflict;
  if (sqlstate == "PV004") return ErrorKind::forbidden;
  if (sqlstate == "42501") return ErrorKind::forbidden;    // insufficient_privilege
  if (sqlstate == "23505") return ErrorKind::conflict;     // unique_violation
  if (sqlstate == "25006") return ErrorKind::unavailable;  // read_only_sql_transaction: this is a standby
  const std::string_view sql_class = sqlstate.substr(0, 2);
  if (sql_class == "22" || sql_class == "23") return ErrorKind::bad_input;  // data and integrity
  if (sql_class == "28") return ErrorKind::forbidden;                       // invalid authorization
  // connection, rollback (deadlock, serialisation), resources, object in use, operator intervention, system
  // error
  constexpr std::array away{"08", "40", "53", "55", "57", "58"};
  if (std::find(away.begin(), away.end(), sql_class) != away.end()) return ErrorKind::unavailable;
  return ErrorKind::internal;
}

// What PostgreSQL says when the schema is not there, or older than the program.
bool is_schema_missing(std::string_view sqlstate) {
  return sqlstate == "3F000" || sqlstate == "42P01" || sqlstate == "42883" || sqlstate == "42703";
}

std::string one_line(const char* text) {
  std::string line(trim(text == nullptr ? "" : text));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

// Of target_session_attrs read-write and primary (PostgreSQL 14 and later). libpq has no code for it.
bool only_standby_answers(std::string_view why) {
  return why.find("session is read-only") != std::string_view::npos ||
         why.find("server is in hot standby") != std::string_view::npos;
}

using Words = std::array<const char*, 9>;

// Whether the server answers a ping that was asked last: of several in the string another one may be there.
bool last_one_answers(const PGconn* connection, const Words& keywords, const Words& values) {
  if (connection == nullptr) return false;
  std::vector<const char*> names(keywords.begin(), keywords.end() - 1);
  std::vector<const char*> words(values.begin(), values.end() - 1);
  const std::array<std::pair<const char*, const char*>, 3> last{
      {{"host", PQhost(connection)}, {"hostaddr", PQhostaddr(connection)}, {"port", PQport(connection)}}};
  for (const auto& [name, word] : last) {
    names.push_back(name);
    words.push_back(word);
  }
  names.push_back(nullptr);
  words.push_back(nullptr);
  return PQpingParams(names.data(), words.data(), 1) == PQPING_OK;
}

std::string field(const PGresult* result, int code) { return one_line(PQresultErrorField(result, code)); }

}  // namespace

void Connection::Close::operator()(pg_conn* connection) const noexcept { PQfinish(connection); }

Result<void> Connection::check(const std::string& dsn, const std::string& setting) {
  // libpq takes any other text for the name of a database.
  const bool is_name = dsn.find('=') == std::string::npos && !dsn.starts_with("postgresql://") &&
                       !dsn.starts_with("postgres://");
  if (is_name) return {};
  char* why = nullptr;
  const Owned<PQconninfoOption, PQconninfoFree> options(PQconninfoParse(dsn.c_str(), &why));
  const Owned<char, free_text> reason(why);
  if (options) return {};
  return Error{ErrorKind::bad_input,
               setting + " is no connection string of libpq: " + one_line(reason.get())};
}

Result<Connection> Connection::open(const std::string& dsn, Seconds longest_connect) {
  const std::string connect_timeout = std::to_string(longest_connect.count());
  // In expand_dbname mode the string in dbname overrides what stands before it and yields to what stands
  // behind it.
  const Words keywords{"connect_timeout",
                       "application_name",
                       "keepalives_idle",
                       "keepalives_interval",
                       "keepalives_count",
                       "tcp_user_timeout",
                       "dbname",
                       "client_encoding",
                       nullptr};
  const Words values{
      connect_timeout.c_str(), "portavoz", "30", "10", "3", "30000", dsn.c_str(), "UTF8", nullptr};
  std::unique_ptr<pg_conn, Close> connection(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (!connection || PQstatus(connection.get()) != CONNECTION_OK) {
    std::string why = one_line(PQerrorMessage(connection.get()));
    if (!why.ends_with('.')) why += '.';
    if (only_standby_answers(why))  // it answers a ping too
      return Error{ErrorKind::unavailable,
                   "The register has no primary: " + why +
                       " Only a standby answers: bring the primary back, or promote the standby."};
    // A server that answers a ping is there; then it is this login or this database that it does not take.
    if (last_one_answers(connection.get(), keywords, values))
      return Error{
          ErrorKind::forbidden,
          "The register refuses the connection: " + why +
              " Check that register.dsn names its database and that this system user has a role in it."};
    return Error{ErrorKind::unavailable, "The register cannot be reached: " + why +
                                             " Check that PostgreSQL runs and that register.dsn names it."};
  }
  PQsetNoticeReceiver(connection.get(), drop_notice, nullptr);
  if (PQsetnonblocking(connection.get(), 1) != 0)  // sending, too, is waited for by await_result() alone
    return Error{ErrorKind::internal, one_line(PQerrorMessage(connection.get()))};
  return Connection(std::move(connection));
}

Result<Rows> Connection::query(const std::string& sql, const std::vector<Param>& params) {
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const Param& param : params) values.push_back(param ? param->c_str() : nullptr);
  const int sent = PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                     values.data(), nullptr, nullptr, 0);
  return receive(sent == 1, sql);
}

Result<void> Connection::exec(const std::string& sql) {
  auto rows = receive(PQsendQuery(connection_.get(), sql.c_str()) == 1, sql);
  if (!rows) return rows.error();
  return {};
}

Result<Rows> Connection::write(const std::string& sql, const std::vector<Param>& params) {
  if (auto begun = exec("BEGIN"); !begun) return begun.error();
  auto rows = query(sql, params);
  if (!rows) {
    const std::string sqlstate = last_sqlstate_;
    if (auto undone = exec("ROLLBACK"); !undone)
      return rows;  // the first error says more; the server undoes it too
    last_sqlstate_ = sqlstate;
    return rows;
  }
  if (auto committed = exec("COMMIT"); !committed) return committed.error();
  return rows;
}

bool Connection::wait_notification(Millis timeout) {
  if (drain_notifications()) return true;  // it may have come with the answer to a query
  pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
  if (socket.fd < 0 || poll(&socket, 1, static_cast<int>(timeout.count())) <= 0) return false;
  if (PQconsumeInput(connection_.get()) == 0) return false;
  return drain_notifications();
}

bool Connection::drain_notifications() {
  bool any = false;
  while (const PgNotify notification{PQnotifies(connection_.get())}) any = true;
  return any;
}

bool Connection::alive() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

// Sends what is to be sent and reads until a result, its end, or the loss of the connection can be taken
// without waiting. False when the server kept silent for too long.
bool Connection::await_result() {
  const int timeout = silence_ ? static_cast<int>(silence_->count()) : -1;
  for (;;) {
    const bool unsent = PQflush(connection_.get()) == 1;
    if (!unsent && PQisBusy(connection_.get()) == 0) return true;
    pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    if (unsent) socket.events |= POLLOUT;
    if (socket.fd < 0) return true;
    const int ready = poll(&socket, 1, timeout);
    if (ready == 0) return false;
    if (ready < 0 && errno != EINTR) return true;
    if (ready > 0 && socket.revents != POLLOUT && PQconsumeInput(connection_.get()) == 0) return true;
  }
}

// The last result of what was sent, as PQexec() gives it.
Result<Rows> Connection::receive(bool sent, const std::string& sql) {
  if (!sent) return error_from(nullptr, sql);
  for (PgResult last;;) {
    if (!await_result()) {
      connection_.reset();
      const std::string what = "The register has not answered for " +
                               std::to_string(silence_->count() / 1000) +
                               " seconds, so the connection was closed";
      if (is_commit(sql))
        return Error{ErrorKind::in_doubt,
                     what +
                         " during COMMIT, and it is not known whether the change was made. Look before "
                         "trying again."};
      return Error{ErrorKind::unavailable, what + ". Look whether PostgreSQL is stopped or overloaded."};
    }
    PgResult next(PQgetResult(connection_.get()));
    if (!next) return take(last.release(), sql);
    last = std::move(next);
  }
}

Result<Rows> Connection::take(pg_result* taken, const std::string& sql) {
  PgResult result(taken);
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      // COMMIT of a transaction that failed before "succeeds" with the tag ROLLBACK: nothing was written.
      if (is_commit(sql) && std::string_view(PQcmdStatus(result.get())) == "ROLLBACK")
        return Error{ErrorKind::conflict,
                     "The transaction was rolled back, because a statement in it had failed."};
      return Rows(std::move(result));
    default: return error_from(result.get(), sql);
  }
}

Error Connection::error_from(const pg_result* result, const std::string& sql) {
  last_sqlstate_ = field(result, PG_DIAG_SQLSTATE);
  if (!alive()) {
    const std::string why = one_line(PQerrorMessage(connection_.get()));
    if (is_commit(sql))
      return {ErrorKind::in_doubt,
              "The connection to the register broke during COMMIT, so it is not known whether "
              "the change was made: " +
                  why + " Look before trying again."};
    return {ErrorKind::unavailable, "The connection to the register broke: " + why + " Try again later."};
  }
  if (last_sqlstate_.empty())  // libpq itself refused, before the server saw anything
    return {ErrorKind::internal, one_line(PQerrorMessage(connection_.get()))};
  const std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (is_schema_missing(last_sqlstate_))
    return {ErrorKind::unavailable, "The register's schema is missing or older than this program (" +
                                        message + "). Run: portavoz db migrate."};
  std::string hint = field(result, PG_DIAG_MESSAGE_HINT);
  if (hint.empty()) hint = field(result, PG_DIAG_MESSAGE_DETAIL);
  return {kind_of(last_sqlstate_), hint.empty() ? message : message + ' ' + hint};
}

}  // namespace portavoz::pg
