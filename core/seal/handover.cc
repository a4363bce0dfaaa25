#include "core/seal/handover.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/policy/guard.h"
#include "core/seal/seal.h"

namespace portavoz {
namespace {

constexpr std::string_view own_prefix = "Portavoz-";

// Fields in which mail servers tell the next program who the envelope names.
constexpr std::array<std::string_view, 8> envelope_fields = {
    "Return-Path", "Delivered-To",  "X-Original-To", "X-Delivered-To",
    "Envelope-To", "X-Envelope-To", "Apparently-To", "X-RCPT-To"};

constexpr std::array<std::string_view, 6> recipient_fields = {"To",        "Cc",        "Bcc",
                                                              "Resent-To", "Resent-Cc", "Resent-Bcc"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return ascii_iequals(one, name); });
}

// A value that cannot begin a new line. Some programs take a bare CR for a line end.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return line;
}

std::string without_bare_cr(std::string_view value) {
  std::string text(value);
  std::replace(text.begin(), text.end(), '\r', ' ');
  return text;
}

void add_field(std::string& message, std::string_view name, std::string_view value) {
  message.append(name).append(":").append(value).append("\n");
}

void add_envelope(std::string& message, const HandOver& hand_over, bool command) {
  const bool null_sender = hand_over.sender.empty() || ascii_iequals(hand_over.sender, "MAILER-DAEMON");
  const std::string recipient = one_line(command ? hand_over.recipient : hand_over.list);
  add_field(message, "Return-Path", " <" + (null_sender ? "" : one_line(hand_over.sender)) + ">");
  add_field(message, "Delivered-To", " " + recipient);
  add_field(message, "X-Original-To", " " + recipient);
  if (command) add_field(message, "To", " " + recipient);
}

bool goes(std::string_view name, const HandOver& hand_over, bool command) {
  if (ascii_iequals(name, seal_field)) return true;
  if (hand_over.own_fields == OwnFields::remove && ascii_istarts_with(name, own_prefix)) return true;
  if (hand_over.envelope == Envelope::in_protocol) return false;
  return is_one_of(envelope_fields, name) || (command && is_one_of(recipient_fields, name));
}

}  // namespace

std::string_view without_mbox_line(std::string_view octets) {
  if (octets.substr(0, 5) != "From ") return octets;
  const auto end = octets.find('\n');
  return end == std::string_view::npos ? std::string_view{} : octets.substr(end + 1);
}

std::string message_for_list_manager(std::string_view octets, const HandOver& hand_over) {
  const std::string_view mail = without_mbox_line(octets);
  const bool command = is_command_address(hand_over.recipient, hand_over.list);
  const Message parts = split_message(mail);

  std::string message;
  message.reserve(octets.size() + 512);
  if (hand_over.envelope == Envelope::in_fields) add_envelope(message, hand_over, command);
  for (auto field = hand_over.for_readers.rbegin(); field != hand_over.for_readers.rend(); ++field)
    add_field(message, field->name, " " + field->value);
  for (const Field& field : parts.fields)
    if (!goes(field.name, hand_over, command)) add_field(message, field.name, without_bare_cr(field.value));
  message += '\n';
  message += parts.body;
  return message;
}

}  // namespace portavoz
