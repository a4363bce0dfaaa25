// to_utf8 of core/evidence/inspect.h with iconv. Which encoding: a byte order mark, the NULs of 16-bit units,
// then the server's word, then the page's own <meta> in its first 1024 octets (as browsers do, WHATWG
// Encoding §6 and HTML §13.2.3; neither is believed of a text that is UTF-8), then UTF-8 when the octets are
// UTF-8, then what uchardet says, then windows-1252. Only encodings of the web are known by name: iconv
// itself knows hundreds, and some (UTF-7) let one octet sequence mean two things.
#include "adapters/charset/charset.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <iconv.h>
#include <uchardet/uchardet.h>

#include "core/base/owned.h"
#include "core/base/text.h"
#include "core/evidence/inspect.h"
#include "core/net/fetch.h"

namespace portavoz {
namespace {

constexpr std::size_t longest_guess = 65'536;
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Name {
  std::string_view label;
  const char* iconv_name;
};

// ISO-8859-1 and ASCII mean windows-1252 on the web, GB2312 means GBK, and so on.
constexpr std::array names{
    Name{"utf-8", "UTF-8"},
    Name{"utf8", "UTF-8"},
    Name{"iso-8859-1", "CP1252"},
    Name{"latin1", "CP1252"},
    Name{"us-ascii", "CP1252"},
    Name{"ascii", "CP1252"},
    Name{"windows-1252", "CP1252"},
    Name{"cp1252", "CP1252"},
    Name{"iso-8859-15", "ISO-8859-15"},
    Name{"iso-8859-2", "ISO-8859-2"},
    Name{"iso-8859-3", "ISO-8859-3"},
    Name{"iso-8859-4", "ISO-8859-4"},
    Name{"iso-8859-5", "ISO-8859-5"},
    Name{"iso-8859-6", "ISO-8859-6"},
    Name{"iso-8859-7", "ISO-8859-7"},
    Name{"iso-8859-8", "ISO-8859-8"},
    Name{"iso-8859-9", "CP1254"},
    Name{"iso-8859-13", "ISO-8859-13"},
    Name{"windows-1250", "CP1250"},
    Name{"windows-1251", "CP1251"},
    Name{"cp1251", "CP1251"},
    Name{"windows-1253", "CP1253"},
    Name{"windows-1254", "CP1254"},
    Name{"windows-1255", "CP1255"},
    Name{"windows-1256", "CP1256"},
    Name{"windows-1257", "CP1257"},
    Name{"windows-1258", "CP1258"},
    Name{"windows-874", "CP874"},
    Name{"tis-620", "CP874"},
    Name{"koi8-r", "KOI8-R"},
    Name{"koi8-u", "KOI8-U"},
    Name{"macintosh", "MACINTOSH"},
    Name{"gb2312", "GBK"},
    Name{"gbk", "GBK"},
    Name{"gb18030", "GB18030"},
    Name{"big5", "BIG5-HKSCS"},
    Name{"shift_jis", "CP932"},
    Name{"shift-jis", "CP932"},
    Name{"sjis", "CP932"},
    Name{"euc-jp", "EUC-JP"},
    Name{"iso-2022-jp", "ISO-2022-JP"},
    Name{"euc-kr", "CP949"},
    Name{"utf-16", "UTF-16LE"},
    Name{"utf-16le", "UTF-16LE"},
    Name{"utf-16be", "UTF-16BE"},
};

const char* iconv_name(std::string_view label) {
  const auto* found =
      std::find_if(names.begin(), names.end(), [label](const Name& n) { return n.label == label; });
  return found == names.end() ? nullptr : found->iconv_name;
}

// The value after `charset=` in the first <meta> that has one.
std::string meta_label(std::string_view octets) {
  const std::string head = ascii_lower(octets.substr(0, 1024));
  for (auto meta = head.find("<meta"); meta != std::string::npos; meta = head.find("<meta", meta + 5)) {
    const auto end = std::min(head.find('>', meta), head.size());
    auto at = head.find("charset", meta);
    if (at >= end) continue;
    at = head.find_first_not_of(" \t\r\n", at + 7);
    if (at >= end || head[at] != '=') continue;
    at = head.find_first_not_of(" \t\r\n\"'", at + 1);
    if (at >= end) continue;
    return head.substr(at, std::min(head.find_first_of(" \t\r\n\"';/>", at), end) - at);
  }
  return {};
}

struct Choice {
  const char* encoding;
  std::size_t skip = 0;  // octets of a byte order mark
};

std::optional<Choice> by_byte_order_mark(std::string_view octets) {
  if (octets.starts_with("\xEF\xBB\xBF")) return Choice{"UTF-8", 3};
  if (octets.starts_with("\xFF\xFE")) return Choice{"UTF-16LE", 2};
  if (octets.starts_with("\xFE\xFF")) return Choice{"UTF-16BE", 2};
  return std::nullopt;
}

// A page of 16-bit units whose mark is missing: its markup has a NUL in every second octet, and no other text
// has.
std::optional<Choice> by_nuls(std::string_view octets) {
  std::array<std::size_t, 2> nuls{};
  const std::string_view head = octets.substr(0, 512);
  for (std::size_t i = 0; i < head.size(); ++i)
    if (head[i] == '\0') ++nuls.at(i % 2);
  if (nuls[0] > head.size() / 4 && nuls[1] == 0) return Choice{"UTF-16BE"};
  if (nuls[1] > head.size() / 4 && nuls[0] == 0) return Choice{"UTF-16LE"};
  return std::nullopt;
}

// What the octets look like, where nobody says what they are.
const char* guessed(std::string_view octets) {
  const Owned<uchardet, uchardet_delete> detector(uchardet_new());
  const std::string_view head = octets.substr(0, longest_guess);
  if (!detector || uchardet_handle_data(detector.get(), head.data(), head.size()) != 0) return "CP1252";
  uchardet_data_end(detector.get());
  const char* name = iconv_name(ascii_lower(uchardet_get_charset(detector.get())));
  return name != nullptr ? name : "CP1252";
}

// A multi-octet encoding that is stated is believed; one of single octets is not, where the text is UTF-8
// beyond ASCII: by chance that does not happen.
bool is_single_octet(std::string_view name) {
  return name.starts_with("CP125") || name.starts_with("ISO-8859") || name.starts_with("KOI8") ||
         name == "CP874" || name == "MACINTOSH";
}

Choice choose(std::string_view octets, std::string_view content_type) {
  if (const auto marked = by_byte_order_mark(octets)) return *marked;
  if (const auto wide = by_nuls(octets)) return *wide;
  const char* stated = iconv_name(charset_parameter(content_type));
  if (stated == nullptr) stated = iconv_name(meta_label(octets));
  // Without a NUL it is no page of 16-bit units, whatever it says.
  if (stated != nullptr && std::string_view(stated).starts_with("UTF-16")) stated = nullptr;
  if (stated != nullptr && !(is_single_octet(stated) && is_utf8(octets))) return {stated};
  if (is_utf8(octets)) return {"UTF-8"};
  return {stated != nullptr ? stated : guessed(octets)};
}

struct Converter {
  explicit Converter(const char* from) : handle(iconv_open("UTF-8", from)) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  Converter(Converter&&) = delete;
  Converter& operator=(Converter&&) = delete;
  ~Converter() {
    if (good()) iconv_close(handle);
  }
  [[nodiscard]] bool good() const { return std::bit_cast<std::intptr_t>(handle) != -1; }
  iconv_t handle;
};

// Without the converter (a system without its gconv modules) the ASCII is left, and addresses are mostly
// that.
std::string ascii_of(std::string_view input) {
  std::string out;
  for (const char c : input) {
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c;
    } else {
      out += replacement;
    }
  }
  return out;
}

std::string converted(const char* from, std::string input) {
  const Converter converter(from);
  if (!converter.good()) return ascii_of(input);
  std::string out;
  out.reserve(input.size() + input.size() / 4);
  std::array<char, 8192> buffer{};
  char* next = input.data();
  std::size_t left = input.size();
  while (left > 0) {
    char* to = buffer.data();
    std::size_t room = buffer.size();
    const bool stopped = iconv(converter.handle, &next, &left, &to, &room) == static_cast<std::size_t>(-1);
    const bool full = stopped && errno == E2BIG;
    out.append(buffer.data(), buffer.size() - room);
    if (!stopped || full || left == 0) continue;
    out += replacement;  // an octet that is nothing in this encoding, or a character cut at the end
    ++next;
    --left;
  }
  return out;
}

}  // namespace

void load_charsets() {
  // glibc lets go of a converter's file some time after the last one was closed.
  static std::vector<std::unique_ptr<Converter>> open;
  for (const Name& name : names) open.push_back(std::make_unique<Converter>(name.iconv_name));
}

std::string to_utf8(std::string_view octets, std::string_view content_type) {
  const Choice choice = choose(octets, content_type);
  octets.remove_prefix(choice.skip);
  if (std::string_view(choice.encoding) == "UTF-8" && is_utf8(octets)) return std::string(octets);
  std::string text = converted(choice.encoding, std::string(octets));
  // glibc reads and writes code points that are none of Unicode's.
  return is_utf8(text) ? text : well_formed_utf8(text);
}

}  // namespace portavoz
