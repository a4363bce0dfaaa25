#include "adapters/json/zone_json.h"

#include <array>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/net/ip.h"

namespace portavoz {
namespace {

constexpr std::array record_types{DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ptr, DnsType::txt};

std::optional<DnsType> type_of(std::string_view text) {
  for (const DnsType type : record_types)
    if (word(type) == text) return type;
  return std::nullopt;
}

std::string name_of(std::string_view text) {
  return std::string(text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0)));
}

// "10 host"; false when it is not that.
bool add_mx(ZoneDns& zone, const std::string& name, std::string_view value) {
  const auto blank = value.find(' ');
  if (blank == std::string_view::npos) return false;
  const auto preference = parse_decimal(value.substr(0, blank));
  if (!preference || *preference > 0xFFFF) return false;
  zone.add(name, DnsType::mx, name_of(trim(value.substr(blank))), static_cast<unsigned>(*preference));
  return true;
}

bool add_address(ZoneDns& zone, const std::string& name, DnsType type, std::string_view value) {
  const auto address = IpAddress::parse(value);
  if (!address || address->is_v6() != (type == DnsType::aaaa)) return false;
  zone.add(name, type, address->text());
  return true;
}

bool add(ZoneDns& zone, const std::string& name, DnsType type, const std::string& value) {
  switch (type) {
    case DnsType::mx: return add_mx(zone, name, value);
    case DnsType::a:
    case DnsType::aaaa: return add_address(zone, name, type, value);
    case DnsType::ptr: zone.add(name, type, name_of(value)); return true;
    case DnsType::txt: zone.add(name, type, value); return true;
  }
  return false;
}

// One pair of kind and value; false when it is not one that we know.
bool add_pair(ZoneDns& zone, const std::string& name, const std::string& kind, const std::string& value) {
  if (const auto type = type_of(kind)) return add(zone, name, *type, value);
  if (kind == "CNAME") {
    zone.add_alias(name, value);
  } else if (kind == "TIMEOUT") {
    zone.add_failure(name, kind);
  } else if (kind == "RCODE") {
    if (value != "NXDOMAIN") zone.add_failure(name, value);
  } else {
    return kind == "TRUNCATE" || kind == "AD";
  }
  return true;
}

bool is_record(const nlohmann::json& item) {
  return item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string();
}

}  // namespace

Result<ZoneDns> read_zone(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object())
    return Error{ErrorKind::bad_input,
                 "the zone is not a JSON object with names, as {\"name\": [[\"TXT\", \"…\"]]}"};
  ZoneDns zone;
  for (const auto& [name, records] : parsed.items()) {
    if (!records.is_array())
      return Error{ErrorKind::bad_input,
                   "the zone's name '" + printable_ascii(name) + "' has no list of records"};
    for (const auto& item : records)
      if (!is_record(item) || !add_pair(zone, name, item[0].get<std::string>(), item[1].get<std::string>()))
        return Error{
            ErrorKind::bad_input,
            "the zone's name '" + printable_ascii(name) + "' has the record " +
                item.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) +
                ", which is none; write [\"TXT\", \"…\"], [\"A\", \"192.0.2.1\"], [\"MX\", \"10 host\"], "
                "[\"CNAME\", \"host\"] or [\"RCODE\", \"SERVFAIL\"]"};
  }
  return zone;
}

}  // namespace portavoz
