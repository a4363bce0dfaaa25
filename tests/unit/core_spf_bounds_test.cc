// Records that mean harm: the work that they cause is bounded.
#include <string>

#include "tests/unit/core_spf_zone.h"

using namespace portavoz;
using namespace portavoz::spf_tests;

namespace {

// Answers every question, each TXT with the record given, and counts.
class Hostile final : public Dns {
 public:
  Hostile(std::string record, std::size_t records) : record_(std::move(record)), records_(records) {}
  DnsAnswer ask(const std::string& name, DnsType type) override {
    ++asked;
    longest = std::max(longest, name.size());
    if (type == DnsType::txt) return DnsRecords{{record_}, false};
    if (type == DnsType::a) return DnsRecords{{"198.51.100.1"}, false};
    DnsRecords answer;
    for (std::size_t i = 0; i < records_; ++i) answer.values.push_back("n" + std::to_string(i) + ".example");
    return answer;
  }
  int asked = 0;
  std::size_t longest = 0;

 private:
  std::string record_;
  std::size_t records_;
};

std::string repeated(const std::string& term, std::size_t times) {
  std::string record = "v=spf1";
  for (std::size_t i = 0; i < times; ++i) record += " " + term;
  return record;
}

}  // namespace

TEST_CASE("no record asks more than ten mx with ten hosts each, and the names of the client") {
  const std::string term = GENERATE("mx", "ptr:x.example", "include:x%{d}", "a", "a:%{p}.x.example",
                                    "mx:%{p}.x.example", "include:a.%{p}.example ptr mx");
  INFO(term);
  Hostile dns(repeated(term, 1000) + " redirect=x.example", 10);
  const auto answer = ask(dns, "info@d.example", "192.0.2.4");
  CHECK(answer.result == SpfResult::permerror);
  CHECK(answer.lookups == 10);
  CHECK(dns.asked <= 1 + 10 * (1 + 10) + (1 + 10));
}

TEST_CASE("thousands of records in an answer are not looked up") {
  Hostile many_hosts("v=spf1 mx -all", 5000);
  CHECK(ask(many_hosts, "info@d.example", "192.0.2.4").result == SpfResult::permerror);
  CHECK(many_hosts.asked == 2);
  Hostile many_names("v=spf1 ptr -all", 5000);
  CHECK(ask(many_names, "info@d.example", "192.0.2.4").result == SpfResult::fail);
  CHECK(many_names.asked == 1 + 1 + 10);
}

TEST_CASE("records as long as the DNS carries them are read, also one inside the other") {
  const std::string include = " include:x.example";
  std::string record = "v=spf1";
  while (record.size() + 20 + include.size() < 65'000) record += " -ip4:198.51.100.7/32";
  Hostile dns(record + include, 1);
  const auto answer = ask(dns, "info@d.example", "192.0.2.4");
  CHECK(answer.result == SpfResult::permerror);
  CHECK(dns.asked == 11);
}

TEST_CASE("names stay within what the DNS can carry, however long the macros grow") {
  std::string spec = "exists:";
  while (spec.size() < 60'000) spec += "%{s}%{h}.";
  Hostile dns("v=spf1 " + spec + "x.example -all", 1);
  ask(dns, "info@d.example", "192.0.2.4", std::string(500, 'h'));
  CHECK(dns.longest <= 253);
}

TEST_CASE("what stands in a record reaches log and result in printable ASCII and not at length") {
  Hostile dns("v=spf1 exists:%{i}." + std::string(60'000, 'x') + ".example", 1);
  const auto no_name = ask(dns, "info@d.example", "192.0.2.4");
  CHECK(no_name.why.size() < 500);
  std::string spec = "exists:";
  while (spec.size() < 60'000) spec += "%{i}.";
  Hostile matching("v=spf1 " + spec + "x.example", 1);
  const auto pass = ask(matching, "info@d.example", "192.0.2.4");
  CHECK(pass.result == SpfResult::pass);
  CHECK(pass.mechanism.size() <= 203);
  CHECK(pass.why.size() < 500);
}
