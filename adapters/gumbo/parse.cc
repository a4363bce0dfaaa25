// parse_html of core/evidence/inspect.h: bounds first, then gumbo in an arena, then our page.
#include "adapters/gumbo/arena.h"
#include "adapters/gumbo/page_reader.h"
#include "adapters/gumbo/prescan.h"
#include "core/evidence/inspect.h"

namespace portavoz {

Result<Page> parse_html(std::string_view utf8) {
  constexpr std::size_t memory = std::size_t{128} << 20U;
  if (auto within = gumbo::prescan(utf8, {}); !within) return within.error();
  gumbo::Arena arena(memory);
  const GumboOutput* output = arena.parse_within(utf8);
  if (output == nullptr) return Error{ErrorKind::bad_input, "the page needs more than 128 MiB to be parsed"};
  return gumbo::PageReader(utf8.size()).read(*output->document);
}

}  // namespace portavoz
