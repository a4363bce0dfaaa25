#include "core/dns/wire.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "core/base/text.h"
#include "core/net/ip.h"

namespace portavoz {
namespace {

constexpr std::uint16_t type_cname = 5;
constexpr std::uint16_t class_in = 1;
constexpr int max_pointers = 126;            // more than a name of 255 octets has labels
constexpr std::size_t max_name = 4U * 255U;  // RFC 1035 §2.3.4, each octet written as \DDD

constexpr std::uint16_t number_of(DnsType type) { return static_cast<std::uint16_t>(type); }

// RFC 1035 §5.1: a dot or backslash inside a label has a backslash before it, what does not print is written
// \DDD. In lower case, since names are compared without case (RFC 4343).
void append_escaped(char c, std::string& out) {
  const auto value = static_cast<unsigned char>(c);
  if (c == '.' || c == '\\') {
    out += {'\\', c};
  } else if (value > 0x20 && value < 0x7F) {
    out += ascii_lower(c);
  } else {
    out += '\\' + std::to_string(1000U + value).substr(1);
  }
}

std::string escaped_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string out;
  for (const char c : name) {
    if (c == '.') {
      out += c;
    } else {
      append_escaped(c, out);
    }
  }
  return out;
}

// Reads on in a packet. What does not fit leaves it broken, and then everything reads as zero or empty.
class Reader {
 public:
  Reader(std::string_view packet, std::size_t at) : packet_(packet), at_(at) {}

  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] std::size_t at() const { return at_; }

  unsigned octet() {
    if (at_ >= packet_.size()) broken_ = true;
    return broken_ ? 0U : static_cast<unsigned char>(packet_[at_++]);
  }
  std::uint16_t number() {
    const unsigned high = octet();
    return static_cast<std::uint16_t>(high << 8U | octet());
  }
  std::string_view octets(std::size_t count) {
    if (broken_ || count > packet_.size() - at_) broken_ = true;
    if (broken_) return {};
    at_ += count;
    return packet_.substr(at_ - count, count);
  }

  // A name without a trailing dot, escaped. Compression pointers lead back only (RFC 1035 §4.1.4).
  std::string name() {
    std::string out;
    std::size_t back = 0;  // where to read on after the first pointer
    int pointers = 0;
    while (!broken_) {
      const std::size_t start = at_;
      const unsigned length = octet();
      if (length == 0) break;
      if (length >= 0xC0U) {
        const std::size_t target = (length & 0x3FU) << 8U | octet();
        if (back == 0) back = at_;
        if (target >= start || ++pointers > max_pointers) broken_ = true;
        at_ = target;
      } else if (length >= 0x40U) {
        broken_ = true;  // labels of these kinds are not in use (RFC 6891 §5)
      } else {
        if (!out.empty()) out += '.';
        for (const char c : octets(length)) append_escaped(c, out);
        if (out.size() > max_name) broken_ = true;
      }
    }
    if (back != 0) at_ = back;
    return broken_ ? std::string() : out;
  }

 private:
  std::string_view packet_;
  std::size_t at_;
  bool broken_ = false;
};

struct WireRecord {
  std::uint16_t preference = 0;  // of an MX
  std::string value;             // as DnsRecords has it; of a CNAME, its target
};

IpAddress address_of(std::string_view octets) {
  std::array<std::uint8_t, 16> v6{};
  std::uint32_t v4 = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    v6.at(i) = static_cast<std::uint8_t>(octets[i]);
    v4 = v4 << 8U | v6.at(i);
  }
  return octets.size() == 4 ? IpAddress::v4(v4) : IpAddress::v6(v6);
}

// The data of one record, `length` octets at the reader; false when it does not read as that type.
bool read_data(Reader& reader, std::uint16_t type, std::size_t length, WireRecord& record) {
  const std::size_t end = reader.at() + length;
  switch (type) {
    case number_of(DnsType::a):
    case number_of(DnsType::aaaa):
      if (length != (type == number_of(DnsType::a) ? 4U : 16U)) return false;
      record.value = address_of(reader.octets(length)).text();
      break;
    case number_of(DnsType::txt):  // RFC 7208 §3.3, RFC 6376 §3.6.2.2: the strings are joined
      while (!reader.broken() && reader.at() < end) record.value += reader.octets(reader.octet());
      break;
    case number_of(DnsType::mx): record.preference = reader.number(); [[fallthrough]];
    case number_of(DnsType::ptr):
    case type_cname: record.value = reader.name(); break;
    default: return false;
  }
  return !reader.broken() && reader.at() == end;
}

struct Answers {
  std::multimap<std::string, WireRecord> records;  // of the type that was asked for, by owner, in their order
  std::map<std::string, std::string> aliases;
  std::size_t octets = 0;
};

// The answer section; false when something in it does not read, or it grows too large.
bool read_answers(Reader& reader, unsigned count, DnsType type, Answers& answers) {
  for (unsigned i = 0; i < count; ++i) {
    const std::string owner = reader.name();
    const std::uint16_t record_type = reader.number();
    const std::uint16_t record_class = reader.number();
    reader.octets(4);  // TTL: nothing is kept so long that it could matter
    const std::size_t length = reader.number();
    if (reader.broken()) return false;
    const bool wanted =
        record_class == class_in && (record_type == number_of(type) || record_type == type_cname);
    if (!wanted) {
      reader.octets(length);
      continue;
    }
    WireRecord record;
    if (!read_data(reader, record_type, length, record)) return false;
    answers.octets += owner.size() + record.value.size();
    if (answers.octets > max_answer_octets) return false;
    if (record_type == type_cname) {
      answers.aliases.emplace(owner, std::move(record.value));
    } else {
      answers.records.emplace(owner, std::move(record));
    }
  }
  return !reader.broken();
}

// The records of the name, or of what its aliases lead to.
DnsAnswer records_of(const Answers& answers, const std::string& name, bool authentic) {
  std::string owner = name;
  int followed = 0;
  for (auto alias = answers.aliases.find(owner); alias != answers.aliases.end();
       alias = answers.aliases.find(owner)) {
    if (++followed > max_aliases) return Unavailable{"too many aliases (CNAME) from " + name};
    owner = alias->second;
  }
  const auto [first, last] = answers.records.equal_range(owner);
  if (first == last) return Absent{};
  std::vector<WireRecord> found;
  for (auto each = first; each != last; ++each) found.push_back(each->second);
  std::stable_sort(found.begin(), found.end(),
                   [](const WireRecord& a, const WireRecord& b) { return a.preference < b.preference; });
  DnsRecords out;
  out.authentic = authentic;
  for (WireRecord& record : found) out.values.push_back(std::move(record.value));
  return out;
}

}  // namespace

DnsAnswer read_dns_answer(std::string_view packet, std::string_view name, DnsType type) {
  const std::string asked = escaped_name(name);
  const std::string of = std::string(word(type)) + " of " + asked;
  Reader reader(packet, 0);
  reader.number();  // its id
  const unsigned flags = reader.number();
  const unsigned questions = reader.number();
  const unsigned count = reader.number();
  reader.octets(4);  // how many records stand in the other sections
  for (unsigned i = 0; i < questions && !reader.broken(); ++i) {
    reader.name();
    reader.octets(4);
  }
  if (reader.broken()) return Unavailable{"the answer about " + of + " does not read as one"};
  const unsigned rcode = flags & 0x0FU;
  if (rcode == 3) return Absent{};  // NXDOMAIN
  if (rcode != 0) return Unavailable{"the resolver answered code " + std::to_string(rcode) + " about " + of};
  if ((flags & 0x0200U) != 0) return Unavailable{"the answer about " + of + " was cut"};
  Answers answers;
  if (!read_answers(reader, count, type, answers))
    return Unavailable{"the answer about " + of + " does not read as one, or is too large"};
  return records_of(answers, asked, (flags & 0x0020U) != 0);  // AD, RFC 4035 §3.2.3
}

}  // namespace portavoz
