// An LMTP server: a thread for each connection, a bounded number of them, and a clean stop. What is said on a
// connection is core/lmtp/session.h's. A connection that says nothing for five minutes (RFC 5321 §4.5.3.2.7)
// is closed, and one more than there may be waits until another ends. On stop() the message that a thread is
// handing over is finished; the mail server sends the others again. Errors: as listen_at in socket.h.
// Threads: stop() from any.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/result.h"
#include "core/lmtp/session.h"

namespace portavoz {

class LmtpServer {
 public:
  struct Limits {
    std::size_t connections = 16;
    std::size_t message_octets = std::size_t{64} << 20;
  };
  using MakeDestination = std::function<std::unique_ptr<LmtpDestination>()>;
  // What went wrong on a connection, for the log; called from its thread.
  using Report = std::function<void(const std::string& what)>;

  [[nodiscard]] static Result<std::unique_ptr<LmtpServer>> open(const std::string& where,
                                                                const std::string& host, const Limits& limits,
                                                                MakeDestination make, Report report);
  ~LmtpServer();
  LmtpServer(const LmtpServer&) = delete;
  LmtpServer& operator=(const LmtpServer&) = delete;
  LmtpServer(LmtpServer&&) = delete;
  LmtpServer& operator=(LmtpServer&&) = delete;

  // Returns after stop(), when every thread has ended.
  void serve();
  void stop() noexcept;

 private:
  struct Parts;
  explicit LmtpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace portavoz
