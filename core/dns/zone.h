// ZoneDns: answers from a table, for tests and for `portavoz try --dns FILE`. A name or type that is not in
// the table is absent, as if the DNS said so; a name that was given a failure is unavailable. Aliases are
// followed. A table proves nothing, so no answer is authentic. Threads: filled by one, then any may ask.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/dns/dns.h"

namespace portavoz {

class ZoneDns final : public Dns {
 public:
  // Values as DnsRecords has them. MX records are answered in the order of their preference.
  void add(std::string_view name, DnsType type, std::string value, unsigned preference = 0);
  void add_alias(std::string_view name, std::string_view target);  // CNAME
  void add_failure(std::string_view name, std::string_view why);   // "SERVFAIL", "TIMEOUT"

  [[nodiscard]] DnsAnswer ask(const std::string& name, DnsType type) override;

 private:
  struct Record {
    DnsType type;
    unsigned preference;
    std::string value;
  };
  struct Node {
    std::vector<Record> records;
    std::string alias;    // empty: none
    std::string failure;  // empty: none
  };
  std::map<std::string, Node> nodes_;  // by name in lower case without a trailing dot
};

// The form in which names are compared: ASCII in lower case (RFC 4343), without a trailing dot.
[[nodiscard]] std::string dns_key(std::string_view name);

}  // namespace portavoz
