#include "adapters/os/lexicon_file.h"

#include <cstdint>

#include "adapters/os/files.h"
#include "core/evidence/lexicon.h"

namespace portavoz {
namespace {

constexpr std::uint64_t largest_lexicon = std::uint64_t{1} << 20U;

}  // namespace

Result<std::string> read_lexicon(const std::string& file) {
  if (file.empty()) return std::string();
  auto text = read_file(file, largest_lexicon);
  if (!text) return text;
  const auto lexicon = Lexicon::with_file(*text, file);
  return lexicon ? std::move(text) : lexicon.error();
}

}  // namespace portavoz
