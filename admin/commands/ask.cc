#include "admin/commands/commands.h"

namespace portavoz::admin {

Result<pg::Rows> ask(Context& context, const std::string& sql,
                     const std::vector<pg::Connection::Param>& params) {
  const auto registry = context.registry();
  if (!registry) return registry.error();
  return (*registry)->query(sql, params);
}

Result<pg::Rows> tell(Context& context, const std::string& sql,
                      const std::vector<pg::Connection::Param>& params) {
  const auto registry = context.registry();
  if (!registry) return registry.error();
  return (*registry)->write(sql, params);
}

}  // namespace portavoz::admin
