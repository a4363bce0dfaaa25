// Real PostgreSQL for the tests: one private cluster a run, and one register a test, cloned from a template
// that was migrated once. The logins are database roles; session_user is the real mechanism, by SET SESSION
// AUTHORIZATION.
#pragma once

#include <string>
#include <vector>

#include "adapters/pg/connection.h"
#include "adapters/pg/migrate.h"

namespace portavoz::test {

// A private cluster in a directory of its own; stopped and removed at the end.
class Cluster {
 public:
  Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  Cluster(Cluster&&) = delete;
  Cluster& operator=(Cluster&&) = delete;
  ~Cluster();

  void start();
  void stop();
  void let_in_as(const std::vector<std::string>& logins);  // restarts it
  [[nodiscard]] std::string dsn(const std::string& database) const;

 private:
  std::string directory_;
};

// The cluster of this run, with the login roles below and the template.
Cluster& shared_cluster();

std::vector<pg::Migration> real_migrations();

// The value, or a failed test that shows the error.
template <typename T>
T must(Result<T> result);
void must(const Result<void>& result);

// A database of its own, dropped at the end.
class Database {
 public:
  explicit Database(const std::string& options = "");  // options of CREATE DATABASE
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  Database(Database&&) = delete;
  Database& operator=(Database&&) = delete;
  ~Database();

  [[nodiscard]] pg::Connection superuser() const;
  [[nodiscard]] pg::Connection as(const std::string& login) const;  // with search_path = portavoz
  [[nodiscard]] std::string dsn_as(const std::string& login) const;

 private:
  std::string name_;
};

// A migrated register in which the admins alba and bruno have accounts, and carla, an admin too, has none.
// The other logins: gate1, door1, verifier1, clerk1, public1.
class Register : public Database {
 public:
  Register() : Database("TEMPLATE register_template") {}
};

// One login for each kind of role.
extern const std::vector<std::string> all_logins;

}  // namespace portavoz::test

#include "tests/lib/catch.h"

namespace portavoz::test {

template <typename T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().what);
  return std::move(result).value();
}

}  // namespace portavoz::test
