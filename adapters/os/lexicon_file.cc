#include "adapters/os/lexicon_file.h"

#include <cstdint>

#include "adapters/os/files.h"

namespace portavoz {
namespace {

constexpr std::uint64_t largest_lexicon = std::uint64_t{1} << 20U;

}  // namespace

Result<Lexicon> load_lexicon(const std::string& file) {
  if (file.empty()) return Lexicon::built_in();
  const auto text = read_file(file, largest_lexicon);
  return text ? Lexicon::with_file(*text, file) : text.error();
}

}  // namespace portavoz
