#include <array>
#include <utility>

#include "adapters/pg/migrate.h"
#include "admin/commands/commands.h"
#include "admin/login_role.h"
#include "core/base/text.h"

namespace portavoz::admin {
namespace {

// The programs' own users, and the one group of the register that each belongs to.
constexpr std::array<std::pair<const char*, const char*>, 4> program_logins{{
    {"portavoz-milter", "portavoz_gate"},
    {"portavoz-deliver", "portavoz_door"},
    {"portavoz-verifier", "portavoz_verifier"},
    {"portavoz-outbox", "portavoz_clerk"},
}};

// `section.key = value`, a line each, as members.
Json members(const std::string& description) {
  Json out = Json::object();
  for (const std::string& line : split(description, '\n')) {
    const std::size_t sign = line.find(" = ");
    if (sign != std::string::npos) out.set(line.substr(0, sign), line.substr(sign + 3));
  }
  return out;
}

Result<std::vector<std::string>> make_program_logins(pg::Connection& registry) {
  std::vector<std::string> made;
  for (const auto& [login, group] : program_logins) {
    const auto given = give_login_role(registry, login, group);
    if (!given) return given.error();
    if (*given) made.emplace_back(login);
  }
  return made;
}

}  // namespace

Result<Answer> run(Context& context, const ConfigCheck& /*args*/) {
  const auto settings = context.settings();
  if (!settings) return settings.error();
  const std::string description = describe(**settings);
  return Answer{Json::object({{"file", context.config()}, {"settings", members(description)}}),
                description + context.config() + " is in order.\n", 0};
}

Result<Answer> run(Context& context, const DbMigrate& args) {
  const auto migrations = pg::read_migrations(args.sql);
  if (!migrations) return migrations.error();
  const auto registry = context.registry();
  if (!registry) return registry.error();
  const auto report = pg::migrate(**registry, *migrations);
  if (!report) return report.error();
  const auto logins = make_program_logins(**registry);
  if (!logins) return logins.error();
  std::string out;
  for (const std::string& name : report->applied) out += "applied " + name + '\n';
  for (const std::string& login : *logins) out += "made the login role " + login + '\n';
  out += "The register's schema is at version " + std::to_string(report->version) +
         (out.empty() ? "; there was nothing to do.\n" : ".\n");
  if (!report->applied.empty() && report->applied.front() == migrations->front().name) {
    out +=
        lay_out(std::string("Next: `portavoz account add --help` names the first admin."), context.screen());
  }
  return Answer{
      Json::object({{"version", report->version}, {"applied", report->applied}, {"logins", *logins}}),
      std::move(out), 0};
}

}  // namespace portavoz::admin
