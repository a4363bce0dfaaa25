#include "admin/login_role.h"

namespace portavoz::admin {

// A role's name cannot be a parameter of CREATE ROLE, so PostgreSQL itself quotes it (format's %I). The
// membership is looked up as it was granted: pg_has_role() says yes to everything for a superuser, and the
// register does not.
Result<bool> give_login_role(pg::Connection& registry, const std::string& login, const std::string& group) {
  const auto role = registry.query(
      "SELECT CASE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1::text) "
      "THEN format('CREATE ROLE %I LOGIN IN ROLE %I', $1::text, $2::text) "
      "WHEN NOT EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = (SELECT oid FROM pg_roles WHERE "
      "rolname = "
      "$1::text) AND m.roleid = (SELECT oid FROM pg_roles WHERE rolname = $2::text)) "
      "THEN format('GRANT %I TO %I', $2::text, $1::text) ELSE '' END AS statement",
      {login, group});
  if (!role) return role.error();
  const std::string statement(role->text(0, "statement"));
  if (statement.empty()) return false;
  if (const auto done = registry.exec(statement); !done) return done.error();
  return true;
}

}  // namespace portavoz::admin
