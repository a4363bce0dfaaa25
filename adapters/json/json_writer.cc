#include "adapters/json/json_writer.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace portavoz {
namespace {

constexpr std::size_t usual_octets = 2048;

// Which octets stand in a JSON text as they are (RFC 8259 §7), of ASCII.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t octet = 0x20; octet < 0x7F; ++octet) table[octet] = octet != '"' && octet != '\\';
  return table;
}();

bool is_plain(std::string_view octets) {
  return std::all_of(octets.begin(), octets.end(),
                     [](char c) { return plain[static_cast<unsigned char>(c)]; });
}

}  // namespace

void JsonWriter::separate() {
  if (json_.empty()) {
    json_.reserve(usual_octets);
    return;
  }
  const char last = json_.back();
  if (last != '{' && last != '[' && last != ':') json_ += ',';
}

// The library escapes what is not plain; of what posts say hardly any text needs it.
void JsonWriter::quoted(std::string_view octets) {
  if (is_plain(octets)) {
    json_ += '"';
    json_ += octets;
    json_ += '"';
    return;
  }
  std::string text(octets);
  std::replace(text.begin(), text.end(), '\0', '\xFF');  // which becomes U+FFFD
  json_ += nlohmann::json(std::move(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  json_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  json_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  json_ += '"';
  json_ += name;
  json_ += "\":";
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view octets) {
  separate();
  quoted(octets);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  json_ += json;
  return *this;
}

}  // namespace portavoz
