#include "core/base/text.h"
#include "core/evidence/inspect.h"
#include "tests/lib/catch.h"

using namespace portavoz;
using namespace std::string_literals;

TEST_CASE("a page is read in the encoding that it has") {
  struct Row {
    std::string name, octets, content_type, text;
  };
  const auto row = GENERATE(values<Row>({
      {"UTF-8 by the server", "café", "text/html; charset=utf-8", "café"},
      {"UTF-8 by its octets", "café", "text/html", "café"},
      {"Latin-1 by its octets", "caf\xe9", "text/html", "café"},
      {"Latin-1 by the server", "caf\xe9", "text/html; charset=ISO-8859-1", "café"},
      {"Latin-1 means windows-1252", "\x93x\x94", "text/html; charset=iso-8859-1", "“x”"},
      {"the server before the page", "<meta charset=utf-8>\xe9", "text/html; charset=latin1",
       "<meta charset=utf-8>é"},
      {"by meta charset", "<meta charset='windows-1251'>\xef", "text/html", "<meta charset='windows-1251'>п"},
      {"by meta http-equiv", "<META content=\"text/html; charset=koi8-r\">\xd0", "",
       "<META content=\"text/html; charset=koi8-r\">п"},
      {"a mark before everything",
       "\xef\xbb\xbf"
       "caf\xc3\xa9",
       "text/html; charset=iso-8859-1", "café"},
      {"UTF-16 by its mark",
       "\xff\xfe"
       "a\0@\0"s,
       "text/html", "a@"},
      {"UTF-16 big-endian by its mark", "\xfe\xff\0a\0@"s, "text/html", "a@"},
      {"UTF-16 by the server", "a\0@\0"s, "text/html; charset=utf-16", "a@"},
      {"Shift_JIS", "\x93\xfa\x96\x7b", "text/html; charset=Shift_JIS", "日本"},
      {"EUC-KR", "\xc7\xd1", "text/html; charset=euc-kr", "한"},
      {"GB2312", "\xd6\xd0", "text/html; charset=gb2312", "中"},
      {"an unknown name", "caf\xe9", "text/html; charset=x-unknown", "café"},
      {"UTF-7 is no encoding of the web", "+AGE-", "text/html; charset=utf-7", "+AGE-"},
      {"broken UTF-8",
       "a\xff"
       "b\xed\xa0\x80",
       "text/html; charset=utf-8", "a\uFFFDb\uFFFD\uFFFD\uFFFD"},
      {"cut UTF-8", "a\xc3", "text/html; charset=utf-8", "a\uFFFD"},
      {"nothing", "", "text/html; charset=utf-16", ""},
  }));
  DYNAMIC_SECTION(row.name) { CHECK(to_utf8(row.octets, row.content_type) == row.text); }
}

TEST_CASE("whatever comes, UTF-8 leaves, of bounded length") {
  const std::string charset =
      GENERATE("utf-8", "utf-16", "shift_jis", "iso-2022-jp", "gb18030", "windows-1252", "big5");
  std::string octets;
  for (unsigned i = 0; i < 20000; ++i) octets += static_cast<char>((i * 7919) >> 3);
  const auto text = to_utf8(octets, "text/html; charset=" + charset);
  CHECK(is_utf8(text));
  CHECK(text.size() <= 3 * octets.size());
}
