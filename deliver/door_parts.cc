#include "deliver/door_parts.h"

#include <utility>

#include "adapters/os/clock.h"

namespace portavoz {
namespace {

constexpr Millis dns_budget{10'000};  // for all questions of one post

}  // namespace

Result<std::unique_ptr<DoorParts>> DoorParts::open(Settings settings) {
  auto name_servers = NameServers::choose(settings.dns.resolvers, settings.dns.trust_network);
  if (!name_servers) return name_servers.error();
  auto dkim = DkimLibrary::open();
  if (!dkim) return dkim.error();
  auto roll = LmdbRoll::open(settings.roll.directory);
  if (!roll) return roll.error();
  return std::unique_ptr<DoorParts>(
      new DoorParts(std::move(settings), std::move(*roll), std::move(*dkim), std::move(*name_servers)));
}

DoorParts::DoorParts(Settings settings, std::unique_ptr<LmdbRoll> roll, std::unique_ptr<DkimLibrary> dkim,
                     NameServers name_servers)
    : settings_(std::move(settings)),
      roll_(std::move(roll)),
      dkim_(std::move(dkim)),
      name_servers_(std::move(name_servers)),
      services_{settings_, *roll_,
                [this](const Message& message, const auto& domains) { return look_at(message, domains); }} {
  if (settings_.database.none) return;
  register_.emplace(settings_);
  services_.posted = [this](const std::string& list, const auto& marks) { register_->posted(list, marks); };
  services_.tell_register = [this] { register_->tell(); };
}

DkimFacts DoorParts::look_at(const Message& message, const std::vector<std::string>& domains) const {
  MailResolver resolver(name_servers_, monotonic, dns_budget);
  DkimVerification verification(*dkim_, message.fields, domains, resolver);
  verification.body(message.body);
  return verification.finish();
}

}  // namespace portavoz
