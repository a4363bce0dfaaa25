// What a program and the process that reads pages for it say to each other over a socket: the words that the
// operator added, "ready", a page and an address, an inspection, or the lines of a page. The answers come
// from a process that a hostile page may have taken over: every length, count and enumerator is checked,
// nothing may be left over, a link that leaves the page's site is refused as well, and lines that are not
// UTF-8. Whether an answer is true nobody can check here.
//
// A message is four octets of length, big-endian, and so many octets: version, kind, fields. A text is four
// octets of length and its octets; a list is an octet that counts, and its entries; the lines of a page are
// one text. Place::heading, which is an index into a page, is not carried. The version is one more with every
// change: the two programs may come from different builds. Errors: bad_input, what is wrong. Threads: pure; a
// MessageReader is a value of one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/evidence/inspect.h"
#include "core/evidence/page_lines.h"
#include "core/mail/address.h"
#include "core/net/fetch.h"

namespace portavoz {

inline constexpr std::size_t longest_question = std::size_t{16} << 20U;
inline constexpr std::size_t longest_answer = std::size_t{4} << 20U;

inline constexpr int pages_of_a_life = 200;  // what one such process reads, and no more

struct JudgeQuestion {
  FetchResult page;                    // as far as inspect_fetched() looks at it
  std::optional<MailAddress> address;  // nothing: its lines are asked for
};

// Whole messages, to be sent.
[[nodiscard]] std::string words_message(std::string_view lexicon);
[[nodiscard]] std::string ready_message();
[[nodiscard]] std::string question_message(const FetchResult& page, const MailAddress& address);
[[nodiscard]] std::string lines_question_message(const FetchResult& page);
[[nodiscard]] std::string answer_message(const Inspection& inspection);
[[nodiscard]] std::string lines_message(const PageLines& lines);

// What a MessageReader gave.
[[nodiscard]] Result<std::string> read_words(std::string_view message);
[[nodiscard]] Result<void> read_ready(std::string_view message);
[[nodiscard]] Result<JudgeQuestion> read_question(std::string_view message);
// url: of the page that was asked about.
[[nodiscard]] Result<Inspection> read_answer(std::string_view message, std::string_view url);
[[nodiscard]] Result<PageLines> read_lines(std::string_view message);

// Messages out of octets that come as they please.
class MessageReader {
 public:
  explicit MessageReader(std::size_t longest) : longest_(longest) {}

  void add(std::string_view octets) { octets_ += octets; }
  // The next message without its length, when it is whole. Error: it would be longer than the longest.
  [[nodiscard]] Result<std::optional<std::string>> next();
  [[nodiscard]] bool empty() const { return octets_.empty(); }

 private:
  std::size_t longest_;
  std::string octets_;
};

}  // namespace portavoz
