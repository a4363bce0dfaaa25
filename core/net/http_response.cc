#include "core/net/http_response.h"

#include <algorithm>

#include "core/base/text.h"

namespace portavoz {
namespace {

// Takes the first line off, without its end; nothing when there is no whole one. RFC 9112 §2.2: a bare LF
// ends a line, too.
std::optional<std::string_view> take_line(std::string_view& octets) {
  const auto end = octets.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = octets.substr(0, end);
  octets.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Head {
  HttpResponse response;
  std::optional<std::uint64_t> length;
};

void take_field(std::string_view line, Head& head) {
  const auto colon = std::min(line.find(':'), line.size());
  const std::string name = ascii_lower(line.substr(0, colon));
  const std::string_view value = trim(line.substr(std::min(colon + 1, line.size())));
  if (name == "content-type") head.response.content_type = value;
  if (name == "content-length") head.length = parse_decimal(value);
  if (name == "transfer-encoding") head.response.chunked = ascii_iequals(value, "chunked");
  if (name == "content-encoding")
    head.response.gzip = ascii_iequals(value, "gzip") || ascii_iequals(value, "x-gzip");
}

// What follows it stays in `octets`.
std::optional<Head> take_head(std::string_view& octets) {
  Head head;
  head.response.octets = octets;
  const auto status_line = take_line(octets);
  if (!status_line || !status_line->starts_with("HTTP/1.")) return std::nullopt;
  const auto blank = std::min(status_line->find(' '), status_line->size() - 1);
  const auto status = parse_decimal(status_line->substr(blank + 1, 3));
  if (!status) return std::nullopt;
  head.response.status = static_cast<int>(*status);
  for (auto line = take_line(octets); line; line = take_line(octets)) {
    if (line->empty()) {
      head.response.head = head.response.octets.substr(0, head.response.octets.size() - octets.size());
      return head;
    }
    take_field(*line, head);
  }
  return std::nullopt;
}

// RFC 9112 §7.1
std::optional<std::string> unchunked(std::string_view octets) {
  std::string out;
  for (;;) {
    const auto line = take_line(octets);
    if (!line) return std::nullopt;
    const std::string_view digits = line->substr(0, line->find_first_not_of("0123456789abcdefABCDEF"));
    std::size_t size = 0;
    if (digits.empty()) return std::nullopt;
    for (const char digit : digits) {
      if (size > octets.size()) return std::nullopt;
      size = size * 16 +
             static_cast<std::size_t>(is_ascii_digit(digit) ? digit - '0' : ascii_lower(digit) - 'a' + 10);
    }
    if (size == 0) return out;  // trailers have no meaning
    if (size > octets.size()) return std::nullopt;
    out.append(octets.substr(0, size));
    octets.remove_prefix(size);
    const auto end = take_line(octets);
    if (!end || !end->empty()) return std::nullopt;
  }
}

}  // namespace

std::optional<HttpResponse> read_http_response(std::string_view octets) {
  auto head = take_head(octets);
  while (head && head->response.status < 200) head = take_head(octets);
  if (!head) return std::nullopt;
  HttpResponse& response = head->response;
  if (response.chunked) {
    response.payload = unchunked(octets);
  } else if (!head->length || *head->length <= octets.size()) {
    response.payload = octets.substr(0, head->length.value_or(octets.size()));
  }
  return response;
}

Unpacked content_of(const HttpResponse& response, std::size_t max) {
  if (!response.payload) return {};
  if (response.gzip) return gunzip(*response.payload, max);
  if (response.payload->size() > max) return {FetchOutcome::too_large, {}};
  return {FetchOutcome::ok, *response.payload};
}

}  // namespace portavoz
