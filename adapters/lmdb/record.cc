#include "adapters/lmdb/record.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace portavoz::lmdb {
namespace {

constexpr std::string_view magic = "PVZ-ROLL";
constexpr std::size_t seal_key_octets = 32;
constexpr std::uint8_t flag_holds_unproven = 1;
constexpr std::uint8_t flag_spf = 1;
constexpr std::uint8_t flag_shared = 2;
constexpr std::uint8_t flag_domain_gone = 4;
constexpr std::uint8_t flag_of_roster = 1;
constexpr std::uint8_t flag_valid_until = 2;

void add_number(std::string& to, std::uint64_t number, unsigned octets) {
  for (unsigned left = octets; left > 0; --left) to += static_cast<char>((number >> (8 * (left - 1))) & 0xff);
}

void add_i64(std::string& to, std::int64_t number) { add_number(to, static_cast<std::uint64_t>(number), 8); }

// Writes values; remembers whether a text or a list of them was longer than u16 can say.
class Encoder {
 public:
  Encoder& u8(std::uint8_t number) {
    add_number(octets_, number, 1);
    return *this;
  }
  Encoder& i64(std::int64_t number) {
    add_i64(octets_, number);
    return *this;
  }
  Encoder& text(std::string_view value) {
    length(value.size());
    octets_ += value;
    return *this;
  }
  Encoder& texts(const std::vector<std::string>& values) {
    length(values.size());
    for (const std::string& value : values) text(value);
    return *this;
  }

  [[nodiscard]] bool fits() const { return fits_; }
  [[nodiscard]] std::string take() { return std::move(octets_); }

 private:
  void length(std::size_t size) {
    fits_ = fits_ && size <= std::numeric_limits<std::uint16_t>::max();
    add_number(octets_, size, 2);
  }

  std::string octets_;
  bool fits_ = true;
};

// Reads values; past the first one that is not there, everything reads as empty and whole() is false.
class Decoder {
 public:
  explicit Decoder(std::string_view octets) : rest_(octets) {}

  std::uint64_t number(unsigned octets) {
    std::uint64_t value = 0;
    for (const char octet : take(octets)) value = value << 8 | static_cast<unsigned char>(octet);
    return value;
  }
  std::int64_t i64() { return static_cast<std::int64_t>(number(8)); }
  // Bits that no flag has are another form.
  std::uint8_t flags(std::uint8_t known) {
    const auto value = static_cast<std::uint8_t>(number(1));
    good_ = good_ && (value & ~known) == 0;
    return value;
  }
  std::string text() { return std::string(take(number(2))); }
  std::vector<std::string> texts() {
    std::vector<std::string> values;
    for (std::uint64_t left = number(2); good_ && left > 0; --left) values.push_back(text());
    return values;
  }

  std::string_view take(std::uint64_t octets) {
    good_ = good_ && octets <= rest_.size();
    if (!good_) return {};
    const std::string_view taken = rest_.substr(0, octets);
    rest_.remove_prefix(octets);
    return taken;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool whole() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::string key_of(char kind, std::string_view what) { return kind + std::string(what); }

std::string key_of(char kind, std::int64_t list_id, std::string_view what) {
  std::string key(1, kind);
  add_i64(key, list_id);
  return key += what;
}

std::string encode_list_id(std::int64_t list_id) { return Encoder().i64(list_id).take(); }

Error too_long(const std::string& what) {
  return {ErrorKind::bad_input,
          "the roll cannot hold " + what + ": one of its texts is too long; shorten it where it comes from"};
}

Result<Record> single(std::string key, std::string value, const std::string& what, bool fits = true) {
  if (!fits || key.size() > max_key_octets) return too_long(what);
  return Record{std::move(key), std::move(value)};
}

// Collects the records of one roll.
class Records {
 public:
  void add(Result<Record> record) {
    if (record)
      records_.push_back(std::move(*record));
    else if (!wrong_)
      wrong_ = record.error();
  }

  [[nodiscard]] Result<std::vector<Record>> take() && {
    if (wrong_) return *wrong_;
    const auto by_key = [](const Record& a, const Record& b) { return a.key < b.key; };
    const auto same_key = [](const Record& a, const Record& b) { return a.key == b.key; };
    std::stable_sort(records_.begin(), records_.end(), by_key);
    records_.erase(std::unique(records_.begin(), records_.end(), same_key), records_.end());
    return std::move(records_);
  }

 private:
  std::vector<Record> records_;
  std::optional<Error> wrong_;  // of the first that does not fit
};

void add_list(Records& records, const GuardedList& list) {
  const std::string what = "the list " + list.posting_address;
  Encoder value;
  value.u8(list.holds_unproven ? flag_holds_unproven : 0)
      .text(list.posting_address)
      .text(list.admin_address)
      .texts(list.languages)
      .texts(list.addresses);
  records.add(single(list_key(list.id), value.take(), what, value.fits()));
  for (const std::string& address : list.addresses) {
    const auto at = address.rfind('@');
    records.add(single(address_key(address), encode_list_id(list.id), what));
    records.add(single(local_part_key(address.substr(0, at)), encode_list_id(list.id), what));
    records.add(single(domain_key(address.substr(at + 1)), {}, what));
  }
}

}  // namespace

Result<Record> encode(const RollContact& row) {
  const Designation& contact = row.designation;
  Encoder value;
  value.i64(contact.contact_id)
      .i64(contact.decision_id)
      .u8(static_cast<std::uint8_t>((contact.proof.spf ? flag_spf : 0) |
                                    (contact.proof.shared ? flag_shared : 0) |
                                    (contact.domain_gone ? flag_domain_gone : 0)))
      .text(contact.assembly)
      .texts(contact.proof.logins)
      .texts(contact.proof.signing_domains);
  return single(contact_key(row.list_id, contact.address), value.take(), "the contact " + contact.address,
                value.fits());
}

Result<Record> encode(const RollMark& row) {
  return single(mark_key(row.list_id, row.mark), {}, "the mark " + row.mark);
}

Result<std::vector<Record>> encode(const RollContents& contents) {
  Records records;
  for (const GuardedList& list : contents.lists) add_list(records, list);
  for (const RollContact& row : contents.contacts) records.add(encode(row));
  for (const RollMark& row : contents.marks) records.add(encode(row));
  for (const RollSealKey& row : contents.seal_keys) {
    if (row.public_key.size() != seal_key_octets)
      return Error{ErrorKind::bad_input,
                   "the public key of the seal key " + row.key_id + " has not 32 octets"};
    records.add(single(seal_key_key(row.key_id), row.public_key, "the seal key " + row.key_id));
  }
  return std::move(records).take();
}

std::string encode(const Heading& heading) {
  std::string value(magic);
  add_number(value, heading.format, 2);
  const LastWord& word = heading.last_word;
  const int flags = (word.of_roster ? flag_of_roster : 0) | (word.valid_until ? flag_valid_until : 0);
  add_i64(value, word.at.time_since_epoch().count());
  add_number(value, static_cast<std::uint64_t>(flags), 1);
  add_i64(value, word.valid_until.value_or(Instant()).time_since_epoch().count());
  return value;
}

std::string encode(const Following& following) {
  Encoder value;
  const RollCounts& counts = following.counts;
  for (const std::size_t count : {counts.lists, counts.contacts, counts.marks, counts.seal_keys})
    value.i64(static_cast<std::int64_t>(count));
  return value.text(following.position.source).take() + following.position.snapshot;
}

std::string heading_key() { return std::string(1, '\0'); }
std::string following_key() { return std::string(1, '\x01'); }
std::string list_key(std::int64_t list_id) { return key_of('L', list_id, {}); }
std::string address_key(std::string_view address) { return key_of('A', address); }
std::string local_part_key(std::string_view local_part) { return key_of('P', local_part); }
std::string domain_key(std::string_view domain) { return key_of('D', domain); }
std::string contact_key(std::int64_t list_id, std::string_view address) {
  return key_of('C', list_id, address);
}
std::string mark_key(std::int64_t list_id, std::string_view mark) { return key_of('M', list_id, mark); }
std::string seal_key_key(std::string_view key_id) { return key_of('S', key_id); }

std::optional<Heading> decode_heading(std::string_view value) {
  Decoder from(value);
  if (from.take(magic.size()) != magic) return std::nullopt;
  Heading heading;
  heading.format = static_cast<std::uint16_t>(from.number(2));
  if (from.good() && heading.format != roll_format) return heading;
  heading.last_word.at = Instant(Seconds(from.i64()));
  const std::uint8_t flags = from.flags(flag_of_roster | flag_valid_until);
  heading.last_word.of_roster = (flags & flag_of_roster) != 0;
  const Instant valid_until{Seconds(from.i64())};
  if ((flags & flag_valid_until) != 0) heading.last_word.valid_until = valid_until;
  if (!from.whole()) return std::nullopt;
  return heading;
}

std::optional<Following> decode_following(std::string_view value) {
  Decoder from(value);
  Following following;
  RollCounts& counts = following.counts;
  for (std::size_t* count : {&counts.lists, &counts.contacts, &counts.marks, &counts.seal_keys})
    *count = static_cast<std::size_t>(from.i64());
  following.position.source = from.text();
  following.position.snapshot = from.rest();
  if (!from.good()) return std::nullopt;
  return following;
}

std::optional<std::int64_t> decode_list_id(std::string_view value) {
  Decoder from(value);
  const std::int64_t list_id = from.i64();
  if (!from.whole()) return std::nullopt;
  return list_id;
}

std::optional<GuardedList> decode_list(std::int64_t list_id, std::string_view value) {
  Decoder from(value);
  GuardedList list;
  list.id = list_id;
  list.holds_unproven = from.flags(flag_holds_unproven) != 0;
  list.posting_address = from.text();
  list.admin_address = from.text();
  list.languages = from.texts();
  list.addresses = from.texts();
  if (!from.whole()) return std::nullopt;
  return list;
}

std::optional<Designation> decode_contact(std::string address, std::string_view value) {
  Decoder from(value);
  Designation contact;
  contact.address = std::move(address);
  contact.contact_id = from.i64();
  contact.decision_id = from.i64();
  const std::uint8_t flags = from.flags(flag_spf | flag_shared | flag_domain_gone);
  contact.proof.spf = (flags & flag_spf) != 0;
  contact.proof.shared = (flags & flag_shared) != 0;
  contact.domain_gone = (flags & flag_domain_gone) != 0;
  contact.assembly = from.text();
  contact.proof.logins = from.texts();
  contact.proof.signing_domains = from.texts();
  if (!from.whole()) return std::nullopt;
  return contact;
}

std::optional<std::string> decode_seal_key(std::string_view value) {
  if (value.size() != seal_key_octets) return std::nullopt;
  return std::string(value);
}

}  // namespace portavoz::lmdb
