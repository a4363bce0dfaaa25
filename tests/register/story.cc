#include "tests/register/story.h"

namespace portavoz::test {

std::string refused(pg::Connection& connection, const std::string& sql, const std::string& sqlstate) {
  INFO(sql);
  const auto rows = connection.query(sql);
  REQUIRE_FALSE(rows.has_value());
  INFO(rows.error().what);
  REQUIRE(connection.last_sqlstate() == sqlstate);
  return rows.error().what;
}

std::string value(pg::Connection& connection, const std::string& sql) {
  INFO(sql);
  const auto rows = must(connection.query("SELECT (" + sql + ")::text AS value"));
  REQUIRE(rows.size() == 1);
  return std::string(rows.text(0, "value"));
}

std::int64_t number(pg::Connection& connection, const std::string& sql) {
  return std::stoll(value(connection, sql));
}

Story::Story(int deciders)
    : root(superuser()), alba(as("alba")), bruno(as("bruno")), verifier(as("verifier1")) {
  must(root.exec("SET search_path = portavoz"));
  must(alba.query("SELECT list_add($1, '{avisos-es@listas.example}', '{es,en}', 'admin@listas.example', $2)",
                  {list_address, std::to_string(deciders)}));
}

std::int64_t Story::apply(const std::string& assembly, const std::string& address, const std::string& page) {
  const auto rows = must(alba.query("SELECT apply_for($1, $2, $3, $4, '{login}', 'es')",
                                    {list_address, assembly, address, page}));
  return rows.integer(0, "apply_for");
}

std::int64_t Story::confirmed(const std::string& assembly, const std::string& address,
                              const std::string& page) {
  const auto contact = apply(assembly, address, page);
  must(alba.query("SELECT confirm($1, 'they answered the phone')", {std::to_string(contact)}));
  return contact;
}

std::int64_t Story::report(std::int64_t contact) {
  end_turns();
  must(verifier.query("SELECT claim_checks('w1', 100, '1 hour')"));
  const auto check = must(root.query(
      "SELECT check_id, attempt FROM checks WHERE contact_id = $1 AND worker = 'w1' AND finished_at IS NULL",
      {std::to_string(contact)}));
  const auto rows = must(verifier.query(
      "SELECT finish_check($1, 'w1', $2, $3)",
      {std::string(check.text(0, "check_id")), std::string(check.text(0, "attempt")), good_report}));
  return rows.integer(0, "finish_check");
}

std::int64_t Story::reported(const std::string& assembly, const std::string& address) {
  return report(confirmed(assembly, address));
}

std::int64_t Story::designated(const std::string& assembly, const std::string& address) {
  const auto contact = confirmed(assembly, address);
  must(alba.query("SELECT vouch($1, 'known for years')", {std::to_string(contact)}));
  return contact;
}

void Story::end_turns() { must(root.exec("DELETE FROM site_turns")); }

std::string Story::state(std::int64_t contact) {
  return value(root, "SELECT state FROM contacts WHERE contact_id = " + std::to_string(contact));
}

}  // namespace portavoz::test
