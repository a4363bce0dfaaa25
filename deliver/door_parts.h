// What the door works with under one configuration: the roll, the DKIM library, the resolvers, the way to the
// register, where there is one. Threads: the services are safe from any.
#pragma once

#include <memory>
#include <optional>

#include "adapters/ares/mail_resolver.h"
#include "adapters/lmdb/roll_file.h"
#include "adapters/opendkim/verifier.h"
#include "core/base/result.h"
#include "core/config/settings.h"
#include "deliver/posted_register.h"
#include "deliver/visit.h"

namespace portavoz {

class DoorParts {
 public:
  [[nodiscard]] static Result<std::unique_ptr<DoorParts>> open(Settings settings);

  [[nodiscard]] const DoorServices& services() const { return services_; }

 private:
  DoorParts(Settings settings, std::unique_ptr<LmdbRoll> roll, std::unique_ptr<DkimLibrary> dkim,
            NameServers name_servers);
  [[nodiscard]] DkimFacts look_at(const Message& message, const std::vector<std::string>& domains) const;

  Settings settings_;
  std::unique_ptr<LmdbRoll> roll_;
  std::unique_ptr<DkimLibrary> dkim_;
  NameServers name_servers_;
  std::optional<PostedRegister> register_;  // nothing with register: none
  DoorServices services_;                   // last: it refers to the others
};

}  // namespace portavoz
