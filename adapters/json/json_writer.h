// Writes JSON straight into a text, for what is written once a post: a tree of values built first costs more
// than everything else that a post costs. The caller opens and closes objects and arrays in their order;
// commas are put here. Octets that are not UTF-8, and NUL, which jsonb cannot hold, become U+FFFD (RFC 8259
// §8.1). One line, no blanks. It checks nothing else and reads nothing. Threads: one writer, one thread.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace portavoz {

class JsonWriter {
 public:
  JsonWriter& open(char bracket);  // '{' or '['
  JsonWriter& close(char bracket);

  JsonWriter& key(std::string_view name);  // a word of ours, which needs no escaping
  JsonWriter& text(std::string_view octets);
  JsonWriter& boolean(bool value);
  JsonWriter& number(std::integral auto value) { return raw(std::to_string(value)); }
  JsonWriter& raw(std::string_view json);  // a value that is JSON already

  // A member of an object: its key, and its text.
  JsonWriter& member(std::string_view name, std::string_view octets) { return key(name).text(octets); }

  [[nodiscard]] std::string take() { return std::move(json_); }

 private:
  void separate();
  void quoted(std::string_view octets);

  std::string json_;
};

}  // namespace portavoz
