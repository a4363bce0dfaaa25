#include "adapters/curl/response_head.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"

namespace portavoz::curl {
namespace {

constexpr Seconds longest_wait = std::chrono::hours(24);

Step stop(FetchOutcome outcome, std::string detail) { return {Step::What::stop, outcome, std::move(detail)}; }

// RFC 9110 §5.6.2
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool all_equal(const std::vector<std::string>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

}  // namespace

bool ResponseHead::refuse(std::string detail) {
  detail_ = std::move(detail);
  return false;
}

bool ResponseHead::take(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos) {
    return refuse("a header line holds a NUL or a bare CR");
  }
  if (complete_) return true;  // a trailer: counted by the caller, and of no meaning
  if (status_ == 0) return take_status(line);
  if (!line.empty()) return take_field(line);
  // RFC 9110 §15.2: interim responses come before the final one.
  if (status_ < 200) {
    *this = ResponseHead();
  } else {
    complete_ = true;
  }
  return true;
}

bool ResponseHead::take_status(std::string_view line) {
  if (!line.starts_with("HTTP/1.")) return refuse("the answer does not begin with HTTP/1");
  const auto blank = line.find(' ');
  const auto digits = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1, 3);
  const auto code = parse_decimal(digits);
  const bool ends = line.size() == blank + 4 || (line.size() > blank + 4 && line[blank + 4] == ' ');
  if (digits.size() != 3 || !code || *code < 100 || !ends) return refuse("the status line holds no status");
  status_ = static_cast<int>(*code);
  return true;
}

bool ResponseHead::take_field(std::string_view line) {
  const auto colon = line.find(':');
  // RFC 9112 §5.1: no blank before the colon; §5.2: a folded line is refused here.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return refuse("a header line is no 'Name: value'");
  }
  const std::string name = ascii_lower(line.substr(0, colon));
  const std::array<std::pair<std::string_view, std::vector<std::string>*>, 8> wanted{{
      {"location", &locations_},
      {"content-length", &lengths_},
      {"content-type", &types_},
      {"content-encoding", &content_encodings_},
      {"transfer-encoding", &transfer_encodings_},
      {"retry-after", &retry_afters_},
      {"etag", &etags_},
      {"last-modified", &modified_},
  }};
  for (const auto& [field, values] : wanted) {
    if (name == field) values->emplace_back(trim(line.substr(colon + 1)));
  }
  return true;
}

Step ResponseHead::step(const FetchLimits& limits, bool conditional) const {
  switch (status_) {
    case 200:
    case 203: return page_step(limits);
    case 204:
    case 205: return stop(FetchOutcome::no_content, "");
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return redirect_step();
    case 304:
      return conditional
                 ? stop(FetchOutcome::not_modified, "")
                 : stop(FetchOutcome::bad_http, "304 Not Modified, although nothing conditional was asked");
    case 429:
    case 503: return stop(FetchOutcome::retry_later, "HTTP status " + std::to_string(status_));
    default: return stop(FetchOutcome::http_error, "HTTP status " + std::to_string(status_));
  }
}

Step ResponseHead::redirect_step() const {
  if (locations_.empty() || locations_.front().empty())
    return stop(FetchOutcome::bad_http, "a redirect without Location");
  if (!all_equal(locations_))
    return stop(FetchOutcome::bad_http, "a redirect with two different Location fields");
  return {Step::What::follow, FetchOutcome::ok, {}};
}

Step ResponseHead::page_step(const FetchLimits& limits) const {
  if (!transfer_encodings_.empty() &&
      (transfer_encodings_.size() > 1 || !ascii_iequals(transfer_encodings_[0], "chunked"))) {
    return stop(FetchOutcome::bad_encoding,
                "Transfer-Encoding '" + transfer_encodings_[0] + "' was not asked for");
  }
  // RFC 9112 §6.3: differing lengths, or a length beside chunks, is how responses are smuggled.
  if (!all_equal(lengths_) || (!lengths_.empty() && !transfer_encodings_.empty())) {
    return stop(FetchOutcome::bad_http, "the response gives its length in two ways");
  }
  if (!lengths_.empty()) {
    const auto length = parse_decimal(lengths_[0]);
    if (!length) return stop(FetchOutcome::bad_http, "Content-Length is no number");
    if (*length > limits.wire)
      return stop(FetchOutcome::too_large, "the page announces " + lengths_[0] + " octets");
  }
  if (!content_encodings_.empty() && !gzip() &&
      !(content_encodings_.size() == 1 && ascii_iequals(content_encodings_[0], "identity"))) {
    return stop(FetchOutcome::bad_encoding,
                "Content-Encoding '" + content_encodings_[0] + "' was not asked for");
  }
  if (!all_equal(types_)) return stop(FetchOutcome::bad_http, "two different Content-Type fields");
  if (!is_page_type(media_type(content_type())))
    return stop(FetchOutcome::wrong_type, "Content-Type '" + content_type() + "'");
  return {Step::What::read_body, FetchOutcome::ok, {}};
}

bool ResponseHead::gzip() const {
  return content_encodings_.size() == 1 &&
         (ascii_iequals(content_encodings_[0], "gzip") || ascii_iequals(content_encodings_[0], "x-gzip"));
}

std::optional<Seconds> ResponseHead::retry_after() const {
  if (retry_afters_.empty()) return std::nullopt;
  const std::string& value = retry_afters_.front();
  if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const auto seconds = parse_decimal(value);  // a number too long for 64 bits is as good as for ever
  if (!seconds || *seconds > static_cast<std::uint64_t>(longest_wait.count())) return longest_wait;
  return Seconds(static_cast<Seconds::rep>(*seconds));
}

}  // namespace portavoz::curl
