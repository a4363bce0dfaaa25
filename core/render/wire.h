// What the verifier and the renderer say to each other over their socket: one request and one answer a
// connection, each a head of fixed size with the sizes of what follows. Either side is hostile for the other:
// a page may have taken the browser over, and with it the renderer's user. So every size is bounded before
// anything is kept, nothing may follow, and a picture that is no PNG is no answer. The four letters in front
// are the version. Units: octets and milliseconds. Errors: bad_input. Threads: pure.
//
//   request  "PVR1"  within  sizes of url, content type, page      url  content type  page
//   answer   "PVA1"  0       sizes of nothing, HTML, PNG           HTML  PNG
//            "PVA1"  1       size of a phrase, nothing, nothing    why the page could not be rendered
//
// Every number in a head is four octets, the highest first.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"

namespace portavoz {

struct RenderLimits {
  static constexpr std::size_t url = 8192;
  static constexpr std::size_t content_type = 1024;
  static constexpr std::size_t page = std::size_t{2} << 20U;  // what the fetcher reads at most
  static constexpr std::size_t html = std::size_t{2} << 20U;  // what is read of a page at most
  static constexpr std::size_t png = std::size_t{8} << 20U;
  static constexpr std::size_t why = 1024;
  static constexpr Millis time{20'000};  // of one page
};

struct RenderRequest {
  Millis within{0};  // at most RenderLimits::time
  std::string url;   // http or https, as Url writes it
  std::string content_type;
  std::string page;
};

// The page as a browser shows it.
struct Rendered {
  std::string html;  // of the document as its scripts left it; never empty; octets of a stranger
  std::string png;   // of its top; empty when none could be taken
};

// Nothing when a part is larger than its limit, or the URL is none.
[[nodiscard]] std::optional<std::string> format_request(const RenderRequest& request);
// A failure becomes its `what`, cut; a page that is too large becomes such a failure.
[[nodiscard]] std::string format_answer(const Result<Rendered>& answer);

// Of all octets that came so far: nothing while it is not whole, bad_input as soon as it can be none.
[[nodiscard]] Result<std::optional<RenderRequest>> read_request(std::string_view octets);

// The same for an answer. The inner result is the renderer's word: `unavailable` with its phrase.
[[nodiscard]] Result<std::optional<Result<Rendered>>> read_answer(std::string_view octets);

}  // namespace portavoz
