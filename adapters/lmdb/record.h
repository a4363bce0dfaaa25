// The records of the roll's file, format 2: how lists, contacts, marks and keys become keys and values of
// LMDB's main database, and back. It opens nothing. Reading checks every length: octets of another form read
// as nothing, never as something else. Threads: pure functions.
//
// Numbers are big-endian, so that LMDB's order by octets keeps a list's records together. `text` is a u16
// length and that many octets, `texts` a u16 count and that many texts. A key is an octet that says the kind,
// and what is asked for:
//
//   key                            value
//   0x00                           heading: the octets "PVZ-ROLL", u16 format, i64 last word,
//                                  u8 flags (1 of a roster, 2 it says until when), i64 valid until, or 0;
//                                  both times in seconds since 1970
//   0x01                           how far it has followed a register; a roster's roll has none: i64 lists,
//                                  i64 contacts, i64 marks, i64 seal keys, text source, and the snapshot
//   'L' i64 list id                u8 flags (1 holds unproven), text posting address, text admin address,
//                                  texts languages, texts addresses
//   'A' address                    i64 list id
//   'P' local part of an address   i64 list id
//   'D' domain of an address       nothing
//   'C' i64 list id, address       i64 contact id, i64 decision id, u8 flags (1 SPF counts, 2 shared
//   provider, 4 domain gone),
//                                  text assembly, texts logins, texts signing domains
//   'M' i64 list id, mark          nothing
//   'S' seal key's id              32 octets, the public key
//
// A change of what readers ask for is a new format number; the heading stays where it is, so that every
// release knows its own. 0x01 is for the writer alone: a roll without it is as good for readers, and its
// writer compares all of it once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/policy/roll_contents.h"

namespace portavoz::lmdb {

inline constexpr std::uint16_t roll_format = 2;
inline constexpr std::size_t max_key_octets = 511;  // LMDB's own limit

struct Record {
  std::string key;
  std::string value;

  friend bool operator==(const Record&, const Record&) = default;
};

struct Heading {
  std::uint16_t format = roll_format;
  LastWord last_word;
};

// What the writer knows of a roll that follows a register.
struct Following {
  RollPosition position;
  RollCounts counts;
};

// All records but the heading and the position, by ascending key, each key once: of two lists with one
// address the first has it. Errors: bad_input when a text is longer than its record can hold, or a seal key
// has not 32 octets.
[[nodiscard]] Result<std::vector<Record>> encode(const RollContents& contents);
[[nodiscard]] Result<Record> encode(const RollContact& contact);
[[nodiscard]] Result<Record> encode(const RollMark& mark);
[[nodiscard]] std::string encode(const Heading& heading);
[[nodiscard]] std::string encode(const Following& following);

[[nodiscard]] std::string heading_key();
[[nodiscard]] std::string following_key();
[[nodiscard]] std::string list_key(std::int64_t list_id);
[[nodiscard]] std::string address_key(std::string_view address);
[[nodiscard]] std::string local_part_key(std::string_view local_part);
[[nodiscard]] std::string domain_key(std::string_view domain);
[[nodiscard]] std::string contact_key(std::int64_t list_id, std::string_view address);
[[nodiscard]] std::string mark_key(std::int64_t list_id, std::string_view mark);
[[nodiscard]] std::string seal_key_key(std::string_view key_id);

// Nothing when the octets are not exactly one such value. A heading of another format gives its number alone.
[[nodiscard]] std::optional<Heading> decode_heading(std::string_view value);
[[nodiscard]] std::optional<Following> decode_following(std::string_view value);
[[nodiscard]] std::optional<std::int64_t> decode_list_id(std::string_view value);
[[nodiscard]] std::optional<GuardedList> decode_list(std::int64_t list_id, std::string_view value);
[[nodiscard]] std::optional<Designation> decode_contact(std::string address, std::string_view value);
[[nodiscard]] std::optional<std::string> decode_seal_key(std::string_view value);

}  // namespace portavoz::lmdb
