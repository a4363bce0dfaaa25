#include "adapters/lmtp/client.h"

#include <array>
#include <cerrno>
#include <optional>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/lmtp/socket.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

// One connection, as the client sees it.
class Dialogue {
 public:
  Dialogue(Socket socket, const std::string& where, const LmtpTimes& times)
      : socket_(std::move(socket)), where_(where), times_(times) {}

  Result<LmtpReply> ask(std::string_view octets, Millis patience) {
    if (auto sent = send_all(socket_.get(), octets, patience); !sent) return about(sent.error());
    return reply(patience);
  }
  Result<LmtpReply> ask(const std::string& command) { return ask(command + "\r\n", times_.reply); }

  Result<LmtpReply> reply(Millis patience) {
    for (;;) {
      auto whole = take_reply(buffer_);
      if (!whole) return about(whole.error());
      if (*whole) return std::move(**whole);
      if (wait_for(socket_.get(), POLLIN, patience, -1) != Wait::ready)
        return about(socket_error("read from", "it", ETIMEDOUT));
      std::array<char, 4096> piece{};
      const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got < 0) return about(socket_error("read from", "it", errno));
      if (got == 0) return about({ErrorKind::unavailable, "it broke off"});
      buffer_.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  [[nodiscard]] Error about(const Error& error) const {
    return {ErrorKind::unavailable, "the LMTP server " + where_ + ": " + error.what};
  }

  Socket socket_;
  const std::string& where_;
  const LmtpTimes& times_;
  std::string buffer_;
};

bool announced(const LmtpReply& hello, std::string_view keyword) {
  for (const std::string& word : split(hello.text, ' '))
    if (ascii_iequals(word, keyword)) return true;
  return false;
}

std::string mail_command(const LmtpEnvelope& envelope, const LmtpReply& hello) {
  std::string command = "MAIL FROM:<" + envelope.sender + ">";
  if (announced(hello, "8BITMIME")) command += " BODY=8BITMIME";
  const bool utf8 = envelope.utf8 || !is_ascii(envelope.sender) || !is_ascii(envelope.recipient);
  if (utf8 && announced(hello, "SMTPUTF8")) command += " SMTPUTF8";
  return command;
}

// A server that greets with a refusal takes no mail now; it says nothing about this message.
Result<LmtpReply> hello(Dialogue& server, const std::string& where, Millis patience) {
  auto reply = server.reply(patience);
  if (reply && reply->good()) reply = server.ask("LHLO " + host_name());
  if (!reply || reply->good()) return reply;
  return Error{ErrorKind::unavailable, "the LMTP server " + where + " takes no mail now: " +
                                           std::to_string(reply->code) + " " + printable_ascii(reply->text)};
}

bool can_be_sent(const std::string& address) { return address.find_first_of("\r\n") == std::string::npos; }

}  // namespace

Result<LmtpReply> lmtp_hand_over(const std::string& where, const LmtpEnvelope& envelope,
                                 std::string_view message, const LmtpTimes& times) {
  if (!can_be_sent(envelope.sender) || !can_be_sent(envelope.recipient))
    return Error{ErrorKind::bad_input, "an address of the envelope has a line end in it"};
  auto socket = connect_to(where, times.connect);
  if (!socket) return socket.error();
  Dialogue server(std::move(*socket), where, times);
  const auto greeted = hello(server, where, times.reply);
  if (!greeted) return greeted.error();
  for (const std::string& command :
       {mail_command(envelope, *greeted), "RCPT TO:<" + envelope.recipient + ">", std::string("DATA")}) {
    auto reply = server.ask(command);
    if (!reply || !reply->good()) return reply;
  }
  auto answer = server.ask(data_on_the_wire(message), times.taken);
  if (answer) static_cast<void>(server.ask("QUIT"));
  return answer;
}

}  // namespace portavoz
