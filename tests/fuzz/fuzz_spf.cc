// SPF over zones that an attacker writes: it ends within its limits, whatever the records say, and says the
// same twice.
//
// The input, a line each: the client's address, the envelope sender, the HELO name, then `NAME TYPE VALUE` a
// record. A type that is not one is a name that cannot be looked up now.
#include <map>

#include "core/base/text.h"
#include "core/spf/record.h"
#include "core/spf/spf.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

namespace {

// The terms that may ask (RFC 7208 §4.6.4), each with its names (mx and ptr: 10), the PTR of %{p}, the first
// record.
constexpr int most_questions = 1 + 10 * (2 + 10) + 2 * (1 + 10);

class WrittenDns : public Dns {
 public:
  void add(std::string_view line) {
    const auto first = line.find(' ');
    if (first == std::string_view::npos) return;
    const auto second = std::min(line.find(' ', first + 1), line.size());
    const auto type = line.substr(first + 1, second - first - 1);
    const auto value = second < line.size() ? line.substr(second + 1) : std::string_view();
    records_[{ascii_lower(line.substr(0, first)), std::string(type)}].values.emplace_back(value);
  }

  DnsAnswer ask(const std::string& name, DnsType type) override {
    must(++questions_ <= most_questions, "the questions to the DNS are bounded");
    must(is_ascii(name) && !name.empty(), "a question names something, in ASCII");
    const std::string key = ascii_lower(name.back() == '.' ? name.substr(0, name.size() - 1) : name);
    if (const auto found = records_.find({key, std::string(word(type))}); found != records_.end())
      return found->second;
    if (records_.contains({key, "FAIL"})) return Unavailable{"it does not answer"};
    return Absent{};
  }

 private:
  std::map<std::pair<std::string, std::string>, DnsRecords> records_;
  int questions_ = 0;
};

SpfAnswer answer_to(const std::vector<std::string>& lines) {
  WrittenDns dns;
  for (std::size_t i = 3; i < lines.size(); ++i) dns.add(lines[i]);
  const auto line = [&](std::size_t i) { return i < lines.size() ? lines[i] : std::string(); };
  auto client = IpAddress::parse(line(0));
  auto sender = MailAddress::parse(line(1));
  return check_host({client ? *client : IpAddress::v4(0xC0000201),
                     sender ? *sender : MailAddress::parse("a@x.example").value(), line(2)},
                    dns);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto lines = split(text, '\n');
  const SpfAnswer answer = answer_to(lines);
  const SpfAnswer again = answer_to(lines);
  must(answer.result == again.result && answer.mechanism == again.mechanism && answer.open == again.open,
       "the same facts give the same answer");
  must(!answer.why.empty() && printable_ascii(answer.why) == answer.why,
       "an answer says why, in printable ASCII");
  must(answer.lookups <= 10 || answer.result == SpfResult::permerror, "more than ten look-ups are an error");
  must(!answer.open || answer.result == SpfResult::pass, "only a pass can be an open one");
  if (is_spf_record(text)) (void)parse_spf_record(text);
  return 0;
}
