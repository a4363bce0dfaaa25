// Messages: nothing is lost when one is cut into fields and body, and written down again it is cut the same
// way.
#include "core/mail/message.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

namespace {

std::string with_crlf(std::string_view value) {
  std::string text;
  for (const char c : value) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return text;
}

bool same(const std::vector<Field>& a, const std::vector<Field>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Field& one, const Field& other) {
    return one.name == other.name && one.value == other.value;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  const Message message = split_message(text);
  must(text.substr(text.size() - message.body.size()) == message.body, "the body is the end of the message");
  std::string written;
  for (const Field& field : message.fields) written += field.name + ":" + with_crlf(field.value) + "\r\n";
  const Message again = split_message(written + "\r\n" + message.body);
  must(same(again.fields, message.fields) && again.body == message.body, "a message is itself");
  for (const Field& field : message.fields)
    must(!field_values(message.fields, field.name).empty(), "a field is found by its name");
  return 0;
}
