#include "adapters/lmdb/whole.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace portavoz::lmdb {
namespace {

constexpr std::size_t kind_octets = 1;
constexpr std::size_t id_octets = 8;

// What stands in a key behind the kind and the list's id.
std::string behind_id(const Record& record) {
  const std::size_t begin = kind_octets + id_octets;
  return record.key.size() > begin ? record.key.substr(begin) : std::string();
}

std::optional<std::int64_t> list_id_of(const Record& record) {
  return decode_list_id(std::string_view(record.key).substr(kind_octets, id_octets));
}

bool leads_to_list(const Record& record, const std::vector<GuardedList>& lists) {
  const auto id = decode_list_id(record.value);
  return id &&
         std::any_of(lists.begin(), lists.end(), [&](const GuardedList& list) { return list.id == *id; });
}

// Takes one record up; false when it is not of its form.
bool take(const Record& record, RollContents& into) {
  const auto id = list_id_of(record);
  switch (record.key.front()) {
    case 'L': {
      auto list = id ? decode_list(*id, record.value) : std::nullopt;
      if (list) into.lists.push_back(std::move(*list));
      return list.has_value();
    }
    case 'C': {
      auto contact = id ? decode_contact(behind_id(record), record.value) : std::nullopt;
      if (contact) into.contacts.push_back({*id, std::move(*contact)});
      return contact.has_value();
    }
    case 'M':
      if (id) into.marks.push_back({*id, behind_id(record)});
      return id && record.value.empty();
    case 'S': {
      auto key = decode_seal_key(record.value);
      if (key) into.seal_keys.push_back({record.key.substr(kind_octets), std::move(*key)});
      return key.has_value();
    }
    // These follow from the lists, and are compared with them in the end.
    case 'A':
    case 'P':
    case 'D': return true;
    default: return false;
  }
}

Error wrong(const Record& record, const std::string& how) {
  return {ErrorKind::bad_input, "the record " + printable_ascii(record.key) + " " + how};
}

// Whether these are the records of these contents. Of two lists with one local part either may have it.
Result<void> compare(const std::vector<Record>& records, const RollContents& contents) {
  const auto expected = encode(contents);
  if (!expected) return expected.error();
  auto record = records.begin();
  for (const Record& should : *expected) {
    if (record == records.end() || should.key < record->key) return wrong(should, "is missing");
    if (record->key != should.key) return wrong(*record, "belongs to nothing");
    const bool free = should.key.front() == 'P' && leads_to_list(*record, contents.lists);
    if (record->value != should.value && !free) return wrong(*record, "leads elsewhere than it should");
    ++record;
  }
  if (record != records.end()) return wrong(*record, "belongs to nothing");
  return {};
}

}  // namespace

Result<RollContents> decode(const std::vector<Record>& records) {
  if (records.empty() || records.front().key != heading_key())
    return Error{ErrorKind::bad_input, "its heading is missing"};
  const auto heading = decode_heading(records.front().value);
  if (!heading || heading->format != roll_format)
    return Error{ErrorKind::bad_input, "its heading has not the form it must have"};
  RollContents contents;
  contents.last_word = heading->last_word;
  std::vector<Record> others(records.begin() + 1, records.end());
  if (!others.empty() && others.front().key == following_key()) {
    if (!decode_following(others.front().value))
      return wrong(others.front(), "has not the form it must have");
    others.erase(others.begin());
  }
  for (const Record& record : others)
    if (record.key.empty() || !take(record, contents)) return wrong(record, "has not the form it must have");
  if (auto same = compare(others, contents); !same) return same.error();
  return contents;
}

}  // namespace portavoz::lmdb
