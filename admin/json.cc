#include "admin/json.h"

#include <nlohmann/json.hpp>

namespace portavoz::admin {
namespace {

using Library = nlohmann::ordered_json;

Library parsed(const std::string& json) { return Library::parse(json, nullptr, /*allow_exceptions=*/false); }

std::string plain(const Library& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : value.dump();
}

Json::Item members(const Library& object) {
  Json::Item out;
  if (!object.is_object()) return out;
  for (const auto& member : object.items()) out.emplace_back(member.key(), plain(member.value()));
  return out;
}

}  // namespace

struct JsonWriter {
  Library operator()(std::monostate) const { return nullptr; }
  Library operator()(bool value) const { return value; }
  Library operator()(std::int64_t value) const { return value; }
  Library operator()(const std::string& value) const { return value; }
  Library operator()(const std::vector<Json>& items) const {
    Library out = Library::array();
    for (const Json& item : items) out.push_back(std::visit(*this, item.value_));
    return out;
  }
  Library operator()(const Json::Members& members) const {
    Library out = Library::object();
    for (const auto& [name, value] : members) out[name] = std::visit(*this, value.value_);
    return out;
  }
  Library operator()(const Json::Verbatim& value) const {
    Library out = parsed(value.json);
    return out.is_discarded() ? Library(value.json) : out;
  }
  static Library of(const Json& json) { return std::visit(JsonWriter{}, json.value_); }
};

Json Json::array(std::vector<Json> items) {
  Json json;
  json.value_ = std::move(items);
  return json;
}

Json Json::object(Members members) {
  Json json;
  json.value_ = std::move(members);
  return json;
}

Json Json::verbatim(std::string json_text) {
  Json json;
  json.value_ = Verbatim{std::move(json_text)};
  return json;
}

void Json::set(std::string name, Json value) {
  std::get<Members>(value_).emplace_back(std::move(name), std::move(value));
}

std::optional<std::int64_t> Json::integer() const {
  const auto* number = std::get_if<std::int64_t>(&value_);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::string Json::text() const {
  return JsonWriter::of(*this).dump(2, ' ', false, Library::error_handler_t::replace);
}

std::vector<std::string> Json::texts_of(const std::string& json, const std::string& language) {
  std::vector<std::string> out;
  const Library list = parsed(json);
  if (!list.is_array()) return out;
  for (const Library& item : list) {
    const bool in_languages = item.is_object() && item.contains("en");
    out.push_back(plain(in_languages ? item.value(language, item.at("en")) : item));
  }
  return out;
}

std::vector<Json::Item> Json::items_of(const std::string& json) {
  std::vector<Item> out;
  const Library list = parsed(json);
  if (!list.is_array()) return out;
  for (const Library& object : list) out.push_back(members(object));
  return out;
}

Json::Item Json::members_of(const std::string& json) { return members(parsed(json)); }

}  // namespace portavoz::admin
