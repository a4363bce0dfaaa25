// Json: a value to print with --json. The commands build it; json.cc writes it, and is the one file of this
// room that knows the JSON library. Threads: a plain value.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace portavoz::admin {

class Json {
 public:
  using Members = std::vector<std::pair<std::string, Json>>;  // in the order they are printed

  Json() = default;  // null
  template <std::same_as<bool> T>
  Json(T value) : value_(value) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Json(T value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(const std::vector<std::string>& values) : value_(std::vector<Json>(values.begin(), values.end())) {}

  [[nodiscard]] static Json array(std::vector<Json> items = {});
  [[nodiscard]] static Json object(Members members = {});
  // A value that is JSON already (a jsonb column). Text that is not stands as a string.
  [[nodiscard]] static Json verbatim(std::string json);

  void set(std::string name, Json value);                     // precondition: an object
  [[nodiscard]] std::optional<std::int64_t> integer() const;  // nothing when it is none

  // Indented, without a line feed at the end. Octets that are not UTF-8 become U+FFFD.
  [[nodiscard]] std::string text() const;

  // The items of a JSON array of texts or of objects, each as its text or its members; empty when it is none.
  // Members that are no text stand as their JSON.
  using Item = std::vector<std::pair<std::string, std::string>>;
  // An object of the same text in several languages ({"en": …, "es": …}) stands as the wanted one, or as
  // English.
  [[nodiscard]] static std::vector<std::string> texts_of(const std::string& json,
                                                         const std::string& language = "en");
  [[nodiscard]] static std::vector<Item> items_of(const std::string& json);
  [[nodiscard]] static Item members_of(const std::string& json);  // of one JSON object; empty when it is none

 private:
  struct Verbatim {
    std::string json;
  };
  friend struct JsonWriter;
  std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<Json>, Members, Verbatim> value_;
};

}  // namespace portavoz::admin
