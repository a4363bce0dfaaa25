#include "core/lmtp/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::size_t longest_command = 4096;  // RFC 5321 §4.5.3.1.4 asks for 512, and extensions add to it
constexpr std::size_t most_recipients = 100;   // RFC 5321 §4.5.3.1.8

const LmtpReply ok{250, "2.0.0 ok"};
const LmtpReply out_of_order{503, "5.5.1 not now"};
const LmtpReply bad_argument{501, "5.5.4 that argument cannot be read"};

// What stands between the angle brackets, and what follows them.
struct Path {
  std::string address;
  std::string parameters;
};

// RFC 5321 §4.1.2. A ">" in a quoted local part does not end the path.
std::optional<Path> path_after(std::string_view argument, std::string_view keyword) {
  if (!ascii_istarts_with(argument, keyword)) return std::nullopt;
  argument = trim(argument.substr(keyword.size()));
  if (!argument.starts_with('<')) return std::nullopt;
  bool quoted = false;
  for (std::size_t i = 1; i < argument.size(); ++i) {
    if (argument[i] == '\\' && quoted)
      ++i;
    else if (argument[i] == '"')
      quoted = !quoted;
    else if (argument[i] == '>' && !quoted)
      return Path{std::string(argument.substr(1, i - 1)), std::string(trim(argument.substr(i + 1)))};
  }
  return std::nullopt;
}

// The parameters of MAIL that we announced: 8BITMIME's (RFC 6152 §3) and SMTPUTF8's.
bool known_parameters(const std::string& parameters, bool& utf8) {
  for (const std::string& parameter : split(parameters, ' ')) {
    if (ascii_iequals(parameter, "SMTPUTF8"))
      utf8 = true;
    else if (!parameter.empty() && !ascii_iequals(parameter, "BODY=8BITMIME") &&
             !ascii_iequals(parameter, "BODY=7BIT"))
      return false;
  }
  return true;
}

bool has_control(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

}  // namespace

LmtpSession::LmtpSession(std::string host, std::size_t max_message_octets, LmtpDestination& destination)
    : host_(std::move(host)), max_message_octets_(max_message_octets), destination_(destination) {}

std::string LmtpSession::greeting() const { return format_reply({220, host_ + " LMTP portavoz-deliver"}); }

bool LmtpSession::take(std::string_view octets, const Send& send) {
  while (!octets.empty()) {
    if (data_) {
      if (data_->take(octets) && !delivered(send)) return false;
      continue;
    }
    const auto end = octets.find('\n');
    line_.append(octets.substr(0, end));
    if (line_.size() > longest_command) {
      static_cast<void>(send(format_reply({500, "5.5.2 that line is too long"})));
      return false;
    }
    if (end == std::string_view::npos) return true;
    octets.remove_prefix(end + 1);
    std::string line = std::exchange(line_, {});
    if (line.ends_with('\r')) line.pop_back();
    if (!command(line, send)) return false;
  }
  return true;
}

bool LmtpSession::command(std::string_view line, const Send& send) { return send(answer(line)) && !over_; }

std::string LmtpSession::answer(std::string_view line) {
  const auto blank = std::min(line.find(' '), line.size());
  const std::string verb = ascii_lower(line.substr(0, blank));
  const std::string_view argument = trim(line.substr(blank));
  if (has_control(line)) return format_reply({500, "5.5.2 control characters have no place in a command"});
  if (verb == "lhlo") return hello(argument);
  if (verb == "mail") return format_reply(mail(argument));
  if (verb == "rcpt") return format_reply(rcpt(argument));
  if (verb == "data") return format_reply(data());
  if (verb == "rset") {
    mail_.reset();
    return format_reply(ok);
  }
  if (verb == "noop") return format_reply(ok);
  if (verb == "vrfy") return format_reply({252, "2.5.0 send a message and see"});
  if (verb == "quit") {
    over_ = true;
    return format_reply({221, "2.0.0 bye"});
  }
  // RFC 2033 §4.1: HELO and EHLO have no place here.
  return format_reply({500, "5.5.1 this is LMTP, and that is none of its commands"});
}

std::string LmtpSession::hello(std::string_view name) {
  if (name.empty()) return format_reply(bad_argument);
  greeted_ = true;
  mail_.reset();
  return "250-" + host_ + "\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n";
}

LmtpReply LmtpSession::mail(std::string_view argument) {
  if (!greeted_ || mail_) return out_of_order;
  const auto path = path_after(argument, "FROM:");
  LmtpMail mail;
  if (!path) return bad_argument;
  if (!known_parameters(path->parameters, mail.utf8))
    return {555, "5.5.4 a parameter of MAIL is not known here"};
  mail.sender = path->address;
  mail_ = std::move(mail);
  return {250, "2.1.0 ok"};
}

LmtpReply LmtpSession::rcpt(std::string_view argument) {
  if (!mail_) return out_of_order;
  const auto path = path_after(argument, "TO:");
  if (!path || path->address.empty()) return bad_argument;
  if (!path->parameters.empty()) return {555, "5.5.4 a parameter of RCPT is not known here"};
  if (mail_->recipients.size() == most_recipients)
    return {452, "4.5.3 too many recipients, send the rest anew"};
  LmtpReply reply = destination_.recipient(path->address);
  if (reply.good()) mail_->recipients.push_back(path->address);
  return reply;
}

// RFC 2033 §4.2: without a recipient there is nobody to answer for.
LmtpReply LmtpSession::data() {
  if (!mail_ || mail_->recipients.empty()) return out_of_order;
  data_.emplace(max_message_octets_);
  return {354, "go on, and end with a dot"};
}

// RFC 2033 §4.2: one reply for each recipient that was taken, in order, each as soon as it is known.
bool LmtpSession::delivered(const Send& send) {
  LmtpMail mail = std::move(*mail_);
  mail_.reset();
  const bool too_large = data_->too_large();
  mail.octets = std::move(*data_).message();
  data_.reset();
  if (!too_large) destination_.message(mail);
  for (const std::string& recipient : mail.recipients) {
    const LmtpReply reply = too_large ? LmtpReply{452, "4.3.4 the message is larger than is taken here"}
                                      : destination_.deliver(mail, recipient);
    if (!send(format_reply(reply))) return false;
  }
  return true;
}

}  // namespace portavoz
