// Tag lists: what a DKIM-Signature field and a key record consist of (RFC 6376 §3.2), and the base64 in them.
// Strict where libopendkim is not: a tag that stands twice is read by its first or its last value by
// different programs, so such a list is none. Threads: pure.
//
//   tag-list = tag *( ";" tag ) [ ";" ]     tag = name "=" value     name = letter *( letter / digit / "_" )
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portavoz {

struct DkimTag {
  std::string_view name;   // as it stood: names tell upper from lower case
  std::string_view value;  // without blanks and folds around it
};
using DkimTags = std::vector<DkimTag>;

// Nothing when the text is not a tag list, or two of its names differ in nothing but case. The tags are parts
// of the text, and valid as long as it.
[[nodiscard]] std::optional<DkimTags> read_tags(std::string_view text);

[[nodiscard]] std::optional<std::string_view> find_tag(const DkimTags& tags, std::string_view name);

// Without every blank and fold: how h=, b=, bh= and p= are read (RFC 6376 §3.5, §3.6.1).
[[nodiscard]] std::string without_blanks(std::string_view text);

}  // namespace portavoz
