// DKIM verification (RFC 6376, RFC 8463) by libopendkim, over a Dns of ours: the library asks no DNS itself
// and writes no files. It finds out facts and judges nothing: whether an algorithm, a key or l= is good
// enough is core/policy's.
//
// Only signatures by the domains that were asked for are verified, at most ten, and one question is asked for
// each key: a stranger's signature costs no DNS. x= and t= are judged by the library with the real clock.
// What the library would let through and RFC 6376 would not is a failed signature here: a CR without LF in
// the body, which it leaves out of a relaxed hash, and control characters in a signed field, which it takes
// for blanks or for the end.
//
// Errors: the constructor, body and finish throw std::runtime_error when the library has no memory or lost
// its way, and what the Dns throws goes through finish; nothing is known then. Threads: a DkimLibrary serves
// any number of threads; a DkimVerification is one message's, in one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/dkim/dkim.h"
#include "core/dns/dns.h"
#include "core/mail/message.h"

struct dkim_lib;  // libopendkim's DKIM_LIB

namespace portavoz {

class DkimLibrary {
 public:
  // One a process. Unavailable when the installed libopendkim lacks what we need.
  [[nodiscard]] static Result<std::unique_ptr<DkimLibrary>> open();
  ~DkimLibrary();
  DkimLibrary(const DkimLibrary&) = delete;
  DkimLibrary& operator=(const DkimLibrary&) = delete;
  DkimLibrary(DkimLibrary&&) = delete;
  DkimLibrary& operator=(DkimLibrary&&) = delete;

 private:
  friend class DkimVerification;
  explicit DkimLibrary(dkim_lib* handle) : handle_(handle) {}
  dkim_lib* handle_;
};

class DkimVerification {
 public:
  // `fields` is the whole header, top first, with the blanks after the colon; it is not needed after this
  // call. `library` and `dns` are, until finish.
  DkimVerification(DkimLibrary& library, const std::vector<Field>& fields,
                   const std::vector<std::string>& domains, Dns& dns);
  ~DkimVerification();
  DkimVerification(const DkimVerification&) = delete;
  DkimVerification& operator=(const DkimVerification&) = delete;
  DkimVerification(DkimVerification&&) = delete;
  DkimVerification& operator=(DkimVerification&&) = delete;

  // The next piece of the body; pieces may end anywhere. A line ends in CRLF, or in LF, which is read as
  // CRLF.
  void body(std::string_view chunk);

  // Asks for the keys and verifies. Once.
  [[nodiscard]] DkimFacts finish();

 private:
  struct Message;
  std::unique_ptr<Message> message_;
};

}  // namespace portavoz
