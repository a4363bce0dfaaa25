// Octets in any encoding become well-formed UTF-8; the first octet chooses what the server says.
#include <array>

#include "core/base/text.h"
#include "core/evidence/inspect.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static constexpr std::array types{"text/html",
                                    "text/html; charset=utf-8",
                                    "text/html; charset=utf-16",
                                    "text/html; charset=shift_jis",
                                    "text/html; charset=windows-1251",
                                    "text/html; charset=iso-2022-jp",
                                    "text/html; charset=gb18030",
                                    "text/html; charset=nothing"};
  if (size == 0) return 0;
  const std::string utf8 = to_utf8(text_of(data + 1, size - 1), types.at(data[0] % types.size()));
  must(is_utf8(utf8), "what comes out is UTF-8");
  must(utf8.size() <= 4 * size + 16, "and of a size that the input explains");
  return 0;
}
