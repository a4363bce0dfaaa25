#include "admin/context.h"

#include "adapters/gettext/catalogues.h"
#include "adapters/yaml/settings_file.h"

namespace portavoz::admin {

Result<const Settings*> Context::settings() {
  if (settings_) return &*settings_;
  auto loaded = load_settings(config_);
  configuration_failed_ = !loaded;
  if (!loaded) return loaded.error();
  settings_ = std::move(*loaded);
  return &*settings_;
}

Result<std::vector<std::string>> Context::languages() {
  const auto settings_now = settings();
  if (!settings_now) return settings_now.error();
  const auto catalogues = Catalogues::open((*settings_now)->wording);
  if (!catalogues) return catalogues.error();
  return catalogues->languages();
}

Result<pg::Connection*> Context::registry() {
  if (connection_) return &*connection_;
  const auto settings_now = settings();
  if (!settings_now) return settings_now.error();
  if ((*settings_now)->database.none)
    return Error{
        ErrorKind::conflict,
        "There is no register here (register: none in " + config_ +
            "), and this command needs one. Who may post stands in the roster of `portavoz roll build`, what "
            "the gate answered in its log: journalctl -u portavoz-milter."};
  auto opened = pg::Connection::open((*settings_now)->database.dsn);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  return &*connection_;
}

}  // namespace portavoz::admin
