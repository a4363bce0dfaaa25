#include "core/render/wire.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/net/url.h"

namespace portavoz {
namespace {

constexpr std::string_view request_mark = "PVR1";
constexpr std::string_view answer_mark = "PVA1";
constexpr std::string_view png_mark = "\x89PNG\r\n\x1a\n";
constexpr std::size_t number_size = 4;
constexpr std::size_t parts = 3;
constexpr std::size_t head_size = (2 + parts) * number_size;

using Sizes = std::array<std::size_t, parts>;
using Texts = std::array<std::string_view, parts>;

constexpr Sizes request_limits{RenderLimits::url, RenderLimits::content_type, RenderLimits::page};
constexpr Sizes answer_limits{RenderLimits::why, RenderLimits::html, RenderLimits::png};

void put_number(std::string& out, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
}

std::size_t number_at(std::string_view octets, std::size_t at) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < number_size; ++i)
    number = number << 8 | static_cast<unsigned char>(octets[at + i]);
  return number;
}

std::string format(std::string_view mark, std::size_t first, const Texts& texts) {
  std::string out(mark);
  put_number(out, first);
  for (const auto text : texts) put_number(out, text.size());
  for (const auto text : texts) out += text;
  return out;
}

Error wrong(std::string what) { return {ErrorKind::bad_input, std::move(what)}; }

struct Message {
  std::size_t first = 0;
  Texts texts;
};

Result<std::optional<Message>> read(std::string_view octets, std::string_view mark, const Sizes& limits) {
  const auto begin = octets.substr(0, mark.size());
  if (begin != mark.substr(0, begin.size())) return wrong("it does not begin with " + std::string(mark));
  if (octets.size() < head_size) return std::optional<Message>();
  Message message;
  message.first = number_at(octets, number_size);
  Sizes sizes{};
  std::size_t whole = head_size;
  for (std::size_t i = 0; i < parts; ++i) {
    sizes.at(i) = number_at(octets, (2 + i) * number_size);
    if (sizes.at(i) > limits.at(i)) return wrong("a part of it is larger than is taken");
    whole += sizes.at(i);
  }
  if (octets.size() > whole) return wrong("more follows than it announced");
  if (octets.size() < whole) return std::optional<Message>();
  octets.remove_prefix(head_size);
  for (std::size_t i = 0; i < parts; ++i) {
    message.texts.at(i) = octets.substr(0, sizes.at(i));
    octets.remove_prefix(sizes.at(i));
  }
  return std::optional<Message>(message);
}

bool is_url(std::string_view text) {
  const auto url = Url::parse(text);
  return url && url->text() == text;
}

bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

std::optional<std::string> format_request(const RenderRequest& request) {
  const Texts texts{request.url, request.content_type, request.page};
  for (std::size_t i = 0; i < parts; ++i)
    if (texts.at(i).size() > request_limits.at(i)) return std::nullopt;
  if (!is_url(request.url) || !is_header_value(request.content_type)) return std::nullopt;
  const auto within = std::clamp(request.within, Millis(0), RenderLimits::time);
  return format(request_mark, static_cast<std::size_t>(within.count()), texts);
}

Result<std::optional<RenderRequest>> read_request(std::string_view octets) {
  const auto message = read(octets, request_mark, request_limits);
  if (!message) return message.error();
  if (!*message) return std::optional<RenderRequest>();
  const auto& [first, texts] = **message;
  const auto& [url, content_type, page] = texts;
  if (first > static_cast<std::size_t>(RenderLimits::time.count())) return wrong("it allows too much time");
  if (!is_url(url)) return wrong("its URL is none");
  if (!is_header_value(content_type)) return wrong("its content type is none");
  return std::optional(RenderRequest{Millis(static_cast<std::int64_t>(first)), std::string(url),
                                     std::string(content_type), std::string(page)});
}

std::string format_answer(const Result<Rendered>& answer) {
  const auto failure = [](std::string_view why) {
    return format(answer_mark, 1, Texts{why.substr(0, RenderLimits::why), "", ""});
  };
  if (!answer) return failure(answer.error().what);
  if (answer->html.empty()) return failure("the browser showed no document");
  if (answer->html.size() > RenderLimits::html) return failure("the rendered page is larger than is taken");
  const bool small = answer->png.size() <= RenderLimits::png;
  return format(answer_mark, 0, Texts{"", answer->html, small ? std::string_view(answer->png) : ""});
}

Result<std::optional<Result<Rendered>>> read_answer(std::string_view octets) {
  using Answer = std::optional<Result<Rendered>>;
  const auto message = read(octets, answer_mark, answer_limits);
  if (!message) return message.error();
  if (!*message) return Answer();
  const auto& [first, texts] = **message;
  const auto& [why, html, png] = texts;
  if (first > 1) return wrong("it is neither a page nor a failure");
  if (first == 1) {
    if (!html.empty() || !png.empty()) return wrong("it is a failure and a page at once");
    return Answer(Error{ErrorKind::unavailable, std::string(why)});
  }
  if (!why.empty() || html.empty()) return wrong("it is a page without a document");
  if (!png.empty() && !png.starts_with(png_mark)) return wrong("its picture is no PNG");
  return Answer(Rendered{std::string(html), std::string(png)});
}

}  // namespace portavoz
