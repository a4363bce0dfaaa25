// A configuration file as a tree of plain values, each with its place. adapters/yaml makes it; the core reads
// it. Scalars are text: whether `010` is a number or `no` an answer is for the schema to say, not for the
// file format. Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace portavoz {

struct Mark {
  int line = 0;  // both from 1
  int column = 0;
};

struct Node;

struct Entry;

struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  Mark mark;
  std::string scalar;
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in the order of the file, duplicates and all
};

struct Entry {
  std::string key;
  Mark mark;
  Node value;
};

}  // namespace portavoz
