// The milter protocol through libmilter, as objects: one MilterSession a connection, made by a factory,
// called step by step, and owned here.
//
// Only the steps that a gate needs are negotiated, and replies are sent only where an answer is wanted: at a
// recipient, the body and the end of a message. `accept` is never answered before the end of the message,
// because Postfix up to 3.7.11 can then skip the next one. No exception crosses libmilter's callbacks: one
// that reaches this room is told to the session, the session sees no further step of that message, and at its
// end the message is answered "try again later" when it was a post and left alone when it was not (see
// MilterSession::is_ours).
//
// Threads: libmilter calls each session from one thread at a time, but different sessions from different
// threads; the factory is called from any of them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/policy/reply.h"

namespace portavoz {

// The mail server's macros at the present step.
class MilterMacros {
 public:
  virtual ~MilterMacros() = default;
  // The value of a macro such as "{rcpt_addr}" or "i"; nothing when the server did not send it.
  [[nodiscard]] virtual std::optional<std::string> macro(const char* name) const = 0;
};

// A step that may be answered with a reply of ours.
class MilterReplying : public MilterMacros {
 public:
  // Sets the reply for MilterAnswer::reject (code 5xx) or tempfail (4xx). Lines are plain text.
  virtual void set_reply(const Reply& reply) = 0;
};

// What may be done at the end of a message.
class MilterEnd : public MilterReplying {
 public:
  // Puts a field at the top of the header. `value` stands as it is behind "NAME: ".
  virtual void insert_field(const std::string& name, const std::string& value) = 0;
  // Removes the nth field of that name (from 1; ASCII case ignored). Remove the last one first: numbers
  // shift.
  virtual void remove_field(const std::string& name, int nth) = 0;
};

enum class MilterAnswer : std::uint8_t { proceed, reject, tempfail };

class MilterSession {
 public:
  virtual ~MilterSession() = default;

  virtual void mail(const MilterMacros& macros) = 0;
  // The answer is for this one recipient; the message goes on to the others.
  [[nodiscard]] virtual MilterAnswer rcpt(MilterReplying& step, std::string_view argument) = 0;
  virtual void header(std::string_view name,
                      std::string_view value) = 0;              // value as it stood after the colon
  [[nodiscard]] virtual bool body(std::string_view chunk) = 0;  // false: no more of this body is wanted
  [[nodiscard]] virtual MilterAnswer end(MilterEnd& message) = 0;
  virtual void forget() noexcept = 0;  // the message is over or was aborted: nothing of it may stay

  // Whether a failure at this moment concerns a post. Ordinary mail passes whatever happens in us.
  [[nodiscard]] virtual bool is_ours() const noexcept = 0;
  // An exception left a step: for the log, and for a post the 4xx reply at its end. One without code leaves
  // the mail server its own words.
  [[nodiscard]] virtual Reply failed(std::string_view step, std::string_view what) noexcept = 0;
};

struct MilterOptions {
  std::string name;
  std::string socket;  // path of a unix socket; one left behind by an earlier run is replaced
};

using MilterSessionFactory = std::function<std::unique_ptr<MilterSession>()>;

// libmilter keeps its state in globals, so a process has one MilterServer.
class MilterServer {
 public:
  // Opens the socket, group-readable and -writable (umask 007). Errors: unavailable, naming the path.
  [[nodiscard]] static Result<std::unique_ptr<MilterServer>> open(const MilterOptions& options,
                                                                  MilterSessionFactory factory);
  MilterServer(const MilterServer&) = delete;
  MilterServer& operator=(const MilterServer&) = delete;
  virtual ~MilterServer() = default;

  // Serves until stop(). To be called from a thread other than the first: libmilter waits for SIGHUP, SIGTERM
  // and SIGINT in a thread of its own and would end at a SIGHUP; as long as the process's first thread does
  // not block these signals, the kernel gives them to it.
  [[nodiscard]] virtual Result<void> serve() = 0;
  // From any thread; serve() returns within a few seconds more. No connection is taken any more, and no
  // message begun on those that stand: for the mail server the filter is away. The messages that had begun go
  // on to their answers, for as long as `within` says. Gives how many were not over by then: their sessions
  // still run, and the process is to end without taking anything from under them.
  [[nodiscard]] virtual std::size_t stop(Millis within) = 0;

 protected:
  MilterServer() = default;
};

}  // namespace portavoz
