#include "adapters/yaml/settings_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <yaml-cpp/yaml.h>

namespace portavoz {
namespace {

constexpr int max_depth = 16;  // the schema needs three; an anchor that holds itself would go on for ever

Mark mark_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

Node node_of(const YAML::Node& yaml, int depth) {
  Node node;
  node.mark = mark_of(yaml.Mark());
  if (depth > max_depth) throw YAML::ParserException(yaml.Mark(), "nested too deep");
  if (yaml.IsScalar()) {
    node.kind = Node::Kind::scalar;
    node.scalar = yaml.Scalar();
  } else if (yaml.IsSequence()) {
    node.kind = Node::Kind::list;
    for (const auto& item : yaml) node.items.push_back(node_of(item, depth + 1));
  } else if (yaml.IsMap()) {
    node.kind = Node::Kind::map;
    for (const auto& entry : yaml) {
      if (!entry.first.IsScalar())
        throw YAML::ParserException(entry.first.Mark(), "a key must be a plain word");
      const Mark key_mark = mark_of(entry.first.Mark());
      node.entries.push_back({entry.first.Scalar(), key_mark, node_of(entry.second, depth + 1)});
      // `key:` alone: yaml-cpp places the missing value at the next line.
      if (entry.second.IsNull()) node.entries.back().value.mark = key_mark;
    }
  }
  return node;
}

Error error_from(const std::string& path, const YAML::Exception& exception) {
  return {ErrorKind::bad_input, format_problems(path, {{mark_of(exception.mark), exception.msg}})};
}

}  // namespace

Result<Settings> load_settings(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Error{ErrorKind::unavailable, "cannot read the configuration " + path + ": " +
                                             std::strerror(errno) + "; name another with --config FILE"};
  try {
    SettingsOrProblems read = read_settings(node_of(YAML::Load(file), 0));
    if (!read.problems.empty()) return Error{ErrorKind::bad_input, format_problems(path, read.problems)};
    return std::move(read.settings);
  } catch (const YAML::Exception& exception) {
    return error_from(path, exception);
  }
}

}  // namespace portavoz
