// json_texts of core/evidence/structured.h.
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/evidence/structured.h"

namespace portavoz {
namespace {

using nlohmann::json;

constexpr std::size_t most_texts = 2'000;
constexpr std::array<std::string_view, 5> signs{"@", "&#64;", "%40", "[", "("};

bool may_hold_address(std::string_view text) {
  return std::any_of(signs.begin(), signs.end(),
                     [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
}

// A value that is still to be looked at; `around` is the object that it stands in, as an index, or none.
struct Open {
  const json* value;
  std::string path;
  std::size_t around;
};

struct Object {
  std::vector<std::string> types;
  std::size_t around;
};

constexpr std::size_t outermost = SIZE_MAX;

std::vector<std::string> types_of(const json& object) {
  std::vector<std::string> types;
  const auto found = object.find("@type");
  if (found == object.end()) return types;
  if (found->is_string()) types.push_back(found->get<std::string>());
  if (found->is_array())
    for (const auto& each : *found)
      if (each.is_string()) types.push_back(each.get<std::string>());
  return types;
}

constexpr std::size_t longest_path = 200;

// The end of the path is what says most.
std::string path_to(const std::string& parent, const std::string& name) {
  std::string path = parent.empty() ? name : parent + "." + name;
  return path.size() <= longest_path ? path : path.substr(path.size() - longest_path);
}

}  // namespace

std::vector<JsonText> json_texts(std::string_view text) {
  std::vector<JsonText> out;
  const json root = json::parse(text, nullptr, false, true);
  if (root.is_discarded()) return out;
  std::vector<Object> objects;
  std::vector<Open> open{{&root, {}, outermost}};
  while (!open.empty() && out.size() < most_texts) {
    const Open next = std::move(open.back());
    open.pop_back();
    if (next.value->is_string()) {
      const auto& value = next.value->get_ref<const std::string&>();
      if (!may_hold_address(value)) continue;
      JsonText found{value, next.path, {}};
      for (std::size_t at = next.around; at != outermost; at = objects[at].around)
        found.types.insert(found.types.end(), objects[at].types.begin(), objects[at].types.end());
      out.push_back(std::move(found));
    } else if (next.value->is_array()) {
      for (auto item = next.value->rbegin(); item != next.value->rend(); ++item)
        open.push_back({&*item, next.path, next.around});
    } else if (next.value->is_object()) {
      objects.push_back({types_of(*next.value), next.around});
      for (const auto& [name, value] : next.value->items())
        open.push_back({&value, path_to(next.path, name), objects.size() - 1});
    }
  }
  return out;
}

}  // namespace portavoz
