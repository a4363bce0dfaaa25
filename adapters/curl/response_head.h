// ResponseHead: the status and the few header fields that decide what happens to a response, taken line by
// line and stricter than libcurl (RFC 9112 §2.2, §5, §6.3): what two readers could understand differently is
// bad_http. Then step(): read the body, follow, or stop. No I/O. Errors: FetchOutcome::bad_http. Threads: a
// plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/fetch.h"

namespace portavoz::curl {

struct Step {
  enum class What : std::uint8_t { read_body, follow, stop };
  What what = What::stop;
  FetchOutcome outcome = FetchOutcome::bad_http;  // with stop
  std::string detail;
};

class ResponseHead {
 public:
  // One line as libcurl hands it over, with its end. False when it is not HTTP as it must be: see detail().
  [[nodiscard]] bool take(std::string_view line);

  // True after the empty line of a final response; the lines after that are trailers.
  [[nodiscard]] bool complete() const { return complete_; }
  // conditional: a 304 is an answer to what was asked. Precondition: complete().
  [[nodiscard]] Step step(const FetchLimits& limits, bool conditional) const;

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& location() const {
    return locations_.front();
  }  // precondition: step() says follow
  [[nodiscard]] std::string content_type() const { return types_.empty() ? "" : types_.back(); }
  [[nodiscard]] std::string etag() const { return etags_.empty() ? "" : etags_.front(); }
  [[nodiscard]] std::string last_modified() const { return modified_.empty() ? "" : modified_.front(); }
  [[nodiscard]] bool gzip() const;
  [[nodiscard]] std::optional<Seconds> retry_after() const;
  [[nodiscard]] const std::string& detail() const { return detail_; }

 private:
  [[nodiscard]] bool take_status(std::string_view line);
  [[nodiscard]] bool take_field(std::string_view line);
  [[nodiscard]] bool refuse(std::string detail);
  [[nodiscard]] Step redirect_step() const;
  [[nodiscard]] Step page_step(const FetchLimits& limits) const;

  int status_ = 0;
  bool complete_ = false;
  std::vector<std::string> locations_, lengths_, types_, content_encodings_, transfer_encodings_,
      retry_afters_, etags_, modified_;
  std::string detail_;
};

}  // namespace portavoz::curl
