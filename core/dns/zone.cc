#include "core/dns/zone.h"

#include <algorithm>

#include "core/base/text.h"

namespace portavoz {

std::string dns_key(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return ascii_lower(name);
}

void ZoneDns::add(std::string_view name, DnsType type, std::string value, unsigned preference) {
  auto& records = nodes_[dns_key(name)].records;
  const auto after = std::find_if(records.begin(), records.end(), [&](const Record& record) {
    return record.type == type && record.preference > preference;
  });
  records.insert(after, {type, preference, std::move(value)});
}

void ZoneDns::add_alias(std::string_view name, std::string_view target) {
  nodes_[dns_key(name)].alias = dns_key(target);
}

void ZoneDns::add_failure(std::string_view name, std::string_view why) {
  nodes_[dns_key(name)].failure = why;
}

DnsAnswer ZoneDns::ask(const std::string& name, DnsType type) {
  auto node = nodes_.find(dns_key(name));
  for (int followed = 0; node != nodes_.end() && !node->second.alias.empty(); ++followed) {
    if (followed == max_aliases) return Unavailable{"too many aliases (CNAME) from " + name};
    node = nodes_.find(node->second.alias);
  }
  if (node == nodes_.end()) return Absent{};
  if (!node->second.failure.empty()) return Unavailable{node->second.failure + " for " + name};
  DnsRecords found;
  for (const Record& record : node->second.records)
    if (record.type == type) found.values.push_back(record.value);
  if (found.values.empty()) return Absent{};
  return found;
}

}  // namespace portavoz
