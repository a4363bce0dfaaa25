#include "core/evidence/warc.h"

#include <algorithm>
#include <cstddef>

#include "core/base/sha256.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::string_view version_line = "WARC/1.1\r\n";
constexpr std::string_view record_end = "\r\n\r\n";  // §4
constexpr std::size_t longest_head = std::size_t{64} << 10U;

std::string field_value(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet <= 0x20 || octet >= 0x7f) {
      out.append("%").append(to_hex(std::string_view(&c, 1)));
    } else {
      out += c;
    }
  }
  return out;
}

Error broken(const std::string& what) { return {ErrorKind::bad_input, "a WARC record " + what}; }

}  // namespace

std::string_view WarcRecord::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& each) { return ascii_iequals(each.first, name); });
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::string warc_record(const WarcRecord& record) {
  std::string out(version_line);
  for (const auto& [name, value] : record.fields)
    out.append(name).append(": ").append(field_value(value)).append("\r\n");
  out.append("WARC-Block-Digest: ").append(warc_digest(record.block)).append("\r\n");
  out.append("Content-Length: ").append(std::to_string(record.block.size())).append("\r\n\r\n");
  return out.append(record.block).append(record_end);
}

Result<WarcRecord> read_warc_record(std::string_view octets) {
  const auto head_end = octets.substr(0, longest_head).find("\r\n\r\n");
  if (!octets.starts_with(version_line) || head_end == std::string_view::npos)
    return broken("does not begin with a head of WARC/1.1");
  WarcRecord record;
  std::string digest;
  std::string length;
  std::string_view head = octets.substr(version_line.size(), head_end + 2 - version_line.size());
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const auto colon = line.find(": ");
    if (colon == 0 || colon == std::string_view::npos) return broken("has a line that is no 'Name: value'");
    const std::string name(line.substr(0, colon));
    const std::string value(line.substr(colon + 2));
    if (name == "WARC-Block-Digest") {
      digest = value;
    } else if (name == "Content-Length") {
      length = value;
    } else {
      record.fields.emplace_back(name, value);
    }
    head.remove_prefix(end + 2);
  }
  const std::string_view rest = octets.substr(head_end + 4);
  if (rest.size() < record_end.size() || parse_decimal(length) != rest.size() - record_end.size() ||
      !rest.ends_with(record_end))
    return broken("is not as long as it says");
  record.block = rest.substr(0, rest.size() - record_end.size());
  if (digest != warc_digest(record.block)) return broken("is not as its digest says: it was changed");
  return record;
}

std::string warc_record_id(std::string_view name) {
  constexpr unsigned version_8 = 0x80;
  constexpr unsigned variant = 0x80;
  std::string uuid = sha256(name).substr(0, 16);
  uuid[6] = static_cast<char>((static_cast<unsigned char>(uuid[6]) & 0x0fU) | version_8);
  uuid[8] = static_cast<char>((static_cast<unsigned char>(uuid[8]) & 0x3fU) | variant);
  std::string text = to_hex(uuid);
  for (const std::size_t place : {20U, 16U, 12U, 8U}) text.insert(place, "-");
  return "<urn:uuid:" + text + ">";
}

std::string warc_digest(std::string_view octets) { return "sha256:" + to_hex(sha256(octets)); }

}  // namespace portavoz
