// spf_answer: what our check_host() answers to the cases that come on the standard input, one answer a line
// on the standard output. tests/spf/compare_with_pyspf compares them with another implementation's.
//
// A case is lines of fields parted by tabs; an octet outside printable ASCII, and the backslash, is written
// \xHH:
//   dns NAME TYPE VALUE     a record; MX records in the order of preference, without it
//   dns NAME TYPE           whoever asks for this gets no answer
//   ask CLIENT SENDER HELO  the question, which ends the case
// An answer is RESULT OPEN LOOKUPS MECHANISM WHY, parted by tabs. A line that cannot be read ends the program
// with 65.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/spf/spf.h"

namespace {

using namespace portavoz;

[[noreturn]] void bad_line(const std::string& line) {
  std::cerr << "spf_answer: this line is no record and no question: " << printable_ascii(line) << '\n';
  std::exit(65);
}

std::string unescape(const std::string& field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field.compare(i, 2, "\\x") == 0) {
      text += static_cast<char>(std::stoi(field.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      text += field[i];
    }
  }
  return text;
}

class Table final : public Dns {
 public:
  bool add(const std::vector<std::string>& fields) {
    for (const auto type : {DnsType::a, DnsType::ptr, DnsType::mx, DnsType::txt, DnsType::aaaa}) {
      if (word(type) != fields[2]) continue;
      auto& values = values_[{ascii_lower(fields[1]), type}];
      if (fields.size() == 4) values.push_back(fields[3]);
      return true;
    }
    return false;
  }

  DnsAnswer ask(const std::string& name, DnsType type) override {
    const auto found = values_.find({ascii_lower(name), type});
    if (found == values_.end()) return Absent{};
    if (found->second.empty()) return Unavailable{"the table gives no answer"};
    return DnsRecords{found->second, false};
  }

 private:
  std::map<std::pair<std::string, DnsType>, std::vector<std::string>> values_;
};

}  // namespace

int main() {
  Table table;
  std::string line;
  while (std::getline(std::cin, line)) {
    auto fields = split(line, '\t');
    for (auto& field : fields) field = unescape(field);
    const bool is_record = fields[0] == "dns" && (fields.size() == 3 || fields.size() == 4);
    if (is_record && table.add(fields)) continue;
    if (fields[0] != "ask" || fields.size() != 4) bad_line(line);
    const auto client = IpAddress::parse(fields[1]);
    const auto sender = MailAddress::parse(fields[2]);
    if (!client || !sender) bad_line(line);
    const auto answer = check_host({*client, *sender, fields[3]}, table);
    std::cout << word(answer.result) << '\t' << (answer.open ? "open" : "") << '\t' << answer.lookups << '\t'
              << answer.mechanism << '\t' << answer.why << '\n';
    table = {};
  }
  return 0;
}
