// Context: what a command may need and does not open itself: the settings and the register, each read when
// first asked for (`inspect` needs neither), and the screen that text is laid out for.
// Answer: what a command hands back, for people and for programs; main prints the one that was asked for.
// Threads: one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/pg/connection.h"
#include "admin/arguments.h"
#include "admin/json.h"
#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/text_table/table.h"

namespace portavoz::admin {

struct Answer {
  Json json;
  std::string text;
  int exit_code = 0;
};

class Context {
 public:
  Context(const Arguments& arguments, const Screen& screen)
      : config_(arguments.config), config_named_(arguments.config_named), screen_(screen) {}

  [[nodiscard]] const Screen& screen() const { return screen_; }
  [[nodiscard]] const std::string& config() const { return config_; }
  [[nodiscard]] bool config_named() const { return config_named_; }

  // A failure here is a failure of the configuration, whatever its kind: see configuration_failed().
  [[nodiscard]] Result<const Settings*> settings();
  [[nodiscard]] bool configuration_failed() const { return configuration_failed_; }
  void forget_configuration_failure() { configuration_failed_ = false; }  // for a command that can do without

  // The languages that have a wording catalogue.
  [[nodiscard]] Result<std::vector<std::string>> languages();

  // The connection as the operating-system user: PostgreSQL looks at the peer of the socket. conflict with
  // register: none.
  [[nodiscard]] Result<pg::Connection*> registry();

 private:
  std::string config_;
  bool config_named_;
  Screen screen_;
  bool configuration_failed_ = false;
  std::optional<Settings> settings_;
  std::optional<pg::Connection> connection_;
};

}  // namespace portavoz::admin
