// A Dns that answers from a table, and a question in one line, for the tests of SPF.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/spf/spf.h"
#include "tests/lib/catch.h"

namespace portavoz::spf_tests {

struct Entry {
  std::string name;
  DnsType type;
  std::string value;
};

inline const std::string no_answer =
    "no answer";  // as a value: whoever asks for this name and type gets none

class Table final : public Dns {
 public:
  Table(std::initializer_list<Entry> entries) {
    for (const auto& entry : entries) add(entry);
  }
  void add(const Entry& entry) { values_[{ascii_lower(entry.name), entry.type}].push_back(entry.value); }

  DnsAnswer ask(const std::string& name, DnsType type) override {
    asked.push_back(std::string(word(type)) + " " + name);
    const auto found = values_.find({ascii_lower(name), type});
    if (found == values_.end()) return Absent{};
    if (found->second.front() == no_answer) return Unavailable{"it did not answer"};
    return DnsRecords{found->second, false};
  }

  std::vector<std::string> asked;  // "TYPE name", in the order of the questions

 private:
  std::map<std::pair<std::string, DnsType>, std::vector<std::string>> values_;
};

inline SpfAnswer ask(Dns& dns, const std::string& from, const std::string& client,
                     const std::string& helo = "mail.example.org") {
  const auto sender = MailAddress::parse(from);
  const auto address = IpAddress::parse(client);
  if (!sender) FAIL(sender.error().what);
  if (!address) FAIL(address.error().what);
  return check_host({*address, *sender, helo}, dns);
}

inline std::string result(Dns& dns, const std::string& from, const std::string& client,
                          const std::string& helo = "mail.example.org") {
  const SpfAnswer answer = ask(dns, from, client, helo);
  UNSCOPED_INFO(from << " from " << client << ": " << answer.why);
  return std::string(word(answer.result));
}

}  // namespace portavoz::spf_tests
